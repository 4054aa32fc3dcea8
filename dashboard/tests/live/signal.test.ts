import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LazySignal, Signal, useSignal } from "../../src/live/signal";

describe("useSignal with an interval", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  const pass = (milliseconds: number) => act(() => vi.advanceTimersByTime(milliseconds));

  it("shows the first change at once, those right after it together, the last always", () => {
    const signal = new Signal(0);
    const shown: number[] = [];
    renderHook(() => shown.push(useSignal(signal, 100)));
    act(() => signal.set(1));
    pass(1);
    for (let value = 2; value <= 10; value++) {
      act(() => signal.set(value));
      pass(10);
    }
    pass(200);
    expect(shown).toEqual([0, 1, 10]);
  });

  it("rests for as long as a slow rendering took", () => {
    vi.stubGlobal("requestAnimationFrame", (frame: () => void) => setTimeout(frame, 80));
    vi.stubGlobal("cancelAnimationFrame", clearTimeout);
    const signal = new Signal(0);
    const shownAt: number[] = [];
    renderHook(() => {
      useSignal(signal, 30);
      shownAt.push(performance.now());
    });
    pass(100);
    for (let value = 1; value <= 100; value++) {
      act(() => signal.set(value));
      pass(10);
    }
    const waits = shownAt.slice(1).map((time, index) => time - (shownAt[index] ?? 0));
    // The first are told before anything was found to be slow.
    expect(waits.slice(1, 3)).toEqual([30, 30]);
    expect(waits.slice(4)).toEqual([160, 160, 160, 160, 160]);
  });

  it("tells nobody who has left", () => {
    const signal = new Signal(0);
    const { unmount } = renderHook(() => useSignal(signal, 100));
    signal.set(1);
    unmount();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("LazySignal", () => {
  it("makes its value when it is looked at, once per change", () => {
    const make = vi.fn(() => ({}));
    const signal = new LazySignal(make);
    const heard = vi.fn();
    signal.subscribe(heard);
    for (let count = 0; count < 5; count++) signal.changed();
    expect(heard).toHaveBeenCalledTimes(5);
    expect(make).not.toHaveBeenCalled();
    expect(signal.get()).toBe(signal.get());
    expect(make).toHaveBeenCalledTimes(1);
  });
});

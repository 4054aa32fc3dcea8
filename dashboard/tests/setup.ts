import "@testing-library/jest-dom/vitest";
import { cleanup } from "@testing-library/react";
import { afterEach, vi } from "vitest";

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** jsdom lays nothing out: everything is as large as this. */
const WIDTH = 1_000;
const HEIGHT = 800;

class SizedObserver implements ResizeObserver {
  readonly #callback: ResizeObserverCallback;

  constructor(callback: ResizeObserverCallback) {
    this.#callback = callback;
  }

  observe(target: Element): void {
    const size = [{ inlineSize: WIDTH, blockSize: HEIGHT }];
    const contentRect = new DOMRectReadOnly(0, 0, WIDTH, HEIGHT);
    const entry = { target, contentRect, borderBoxSize: size, contentBoxSize: size };
    this.#callback([{ ...entry, devicePixelContentBoxSize: size }], this);
  }

  unobserve(): void {}
  disconnect(): void {}
}

globalThis.DOMRectReadOnly ??= class {
  readonly width: number;
  readonly height: number;
  constructor(_x = 0, _y = 0, width = 0, height = 0) {
    this.width = width;
    this.height = height;
  }
} as unknown as typeof DOMRectReadOnly;

globalThis.ResizeObserver = SizedObserver;
for (const [name, size] of Object.entries({
  offsetWidth: WIDTH,
  offsetHeight: HEIGHT,
  clientWidth: WIDTH,
  clientHeight: HEIGHT,
})) {
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, value: size });
}
Element.prototype.scrollTo = () => undefined;
HTMLDialogElement.prototype.showModal = function showModal() {
  this.open = true;
};
globalThis.matchMedia = (media: string) =>
  Object.assign(new EventTarget(), { media, matches: false }) as MediaQueryList;

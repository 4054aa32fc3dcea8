import { useSyncExternalStore } from "react";

/** A clock that ticks while anyone looks at it and the tab is shown. */
class Clock {
  #now = Date.now();
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #interval: number;

  constructor(interval: number) {
    this.#interval = interval;
  }

  readonly get = (): number => this.#now;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#timer === undefined) {
      this.#now = Date.now();
      this.#timer = setInterval(this.#tick, this.#interval);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  };

  readonly #tick = (): void => {
    if (document.hidden) return;
    this.#now = Date.now();
    for (const listener of [...this.#listeners]) listener();
  };
}

const clocks = new Map<number, Clock>();

/** The time, ms since the epoch, renewed every `interval` ms: one timer for all who ask. */
export function useNow(interval: number): number {
  let clock = clocks.get(interval);
  if (!clock) {
    clock = new Clock(interval);
    clocks.set(interval, clock);
  }
  return useSyncExternalStore(clock.subscribe, clock.get);
}

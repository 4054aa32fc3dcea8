import { useMemo, useSyncExternalStore } from "react";

/** Between two renderings of what moves all the time, ms: two frames, told from three in spite of jitter. */
export const PACE = 30;
/** A rendering that took long is followed by a rest of as long again, up to this, ms. */
const LONGEST_REST = 200;

/** A value that tells its listeners when it is replaced. */
export class Signal<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(initial: T) {
    this.#value = initial;
  }

  readonly get = (): T => this.#value;

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) listener();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };
}

/** A value that is made when somebody looks at it, however often it has changed before. */
export class LazySignal<T> {
  readonly #make: () => T;
  readonly #changes = new Signal(0);
  #made: { of: number; value: T } | null = null;

  constructor(make: () => T) {
    this.#make = make;
  }

  readonly get = (): T => {
    const of = this.#changes.get();
    if (this.#made?.of !== of) this.#made = { of, value: this.#make() };
    return this.#made.value;
  };

  changed(): void {
    this.#changes.set(this.#changes.get() + 1);
  }

  readonly subscribe = this.#changes.subscribe;
}

/** The signal's value, renewed with every change or, with an `interval`, at most every so many ms. */
export function useSignal<T>(signal: Watched<T>, interval = 0): T {
  const subscribe = useMemo(
    () => (interval ? throttled(signal, interval) : signal.subscribe),
    [signal, interval],
  );
  return useSyncExternalStore(subscribe, signal.get, signal.get);
}

type Subscribe = Signal<unknown>["subscribe"];
type Watched<T> = Pick<Signal<T>, "get" | "subscribe">;

/**
 * Tells of the first change at once, of those right after it together, of the last always.
 *
 * Where the page is slow to reach its next frame the interval is longer: half of the time
 * is left for other work.
 */
function throttled({ subscribe }: { subscribe: Subscribe }, interval: number): Subscribe {
  return (listener) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let frame = 0;
    let toldAt = Number.NEGATIVE_INFINITY;
    let took = 0;
    const tell = () => {
      timer = undefined;
      toldAt = performance.now();
      const begun = toldAt;
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        took = Math.min(performance.now() - begun, LONGEST_REST);
      });
      listener();
    };
    const stop = subscribe(() => {
      const wait = toldAt + Math.max(interval, 2 * took) - performance.now();
      // At once is within the frame that brought the change: a timer would miss it.
      if (timer === undefined && wait <= 0) tell();
      else timer ??= setTimeout(tell, wait);
    });
    return () => {
      stop();
      clearTimeout(timer);
      cancelAnimationFrame(frame);
    };
  };
}

/**
 * Runs `flush` at most once per animation frame after `request`.
 *
 * A hidden tab has no frames: a timer stands in, so that nothing piles up there.
 */
export class Frame {
  readonly #flush: () => void;
  #frame = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(flush: () => void) {
    this.#flush = flush;
  }

  request(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(this.#run, HIDDEN_INTERVAL);
    this.#frame = requestAnimationFrame(this.#run);
  }

  cancel(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly #run = (): void => {
    this.cancel();
    this.#flush();
  };
}

const HIDDEN_INTERVAL = 500;

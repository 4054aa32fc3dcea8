import { type Endpoint, Problem } from "../rest/client";
import { getStats } from "../rest/quality";
import type { Overall } from "./overall";

/** Least and longest time between a live change and statistics that count it, ms. */
const PAUSE = 1_000;
const PATIENCE = 5_000;
/** Between fetches when nothing moves, ms: a first value is no change and arrives unannounced. */
const QUIET = 10_000;
const QUIET_WHILE_EMPTY = 2_000;

/** Keeps the statistics fresh: soon after changes, now and then without them. */
export class StatsFeed {
  readonly #endpoint: Endpoint;
  readonly #overall: Overall;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = 0;
  #running = false;

  constructor(endpoint: Endpoint, overall: Overall) {
    this.#endpoint = endpoint;
    this.#overall = overall;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    void this.#tick();
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  /** Something has changed: fetch once the changes pause, or have not paused for long. */
  changed(): void {
    if (!this.#running) return;
    const now = Date.now();
    if (this.#due < now) this.#due = now + PATIENCE;
    this.#schedule(Math.min(PAUSE, this.#due - now));
  }

  /** Fetch now. */
  readonly refresh = async (): Promise<void> => {
    this.#due = 0;
    this.#overall.load(await getStats(this.#endpoint));
  };

  #schedule(wait: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#tick(), wait);
  }

  async #tick(): Promise<void> {
    if (!document.hidden) {
      // A failed fetch leaves the figures as they were; the next one is never far.
      await this.refresh().catch((error: unknown) => {
        if (!(error instanceof Problem)) throw error;
        this.#overall.error.set(error.message);
      });
    }
    const empty = this.#overall.stats.get()?.totalAssets === 0;
    if (this.#running) this.#schedule(empty ? QUIET_WHILE_EMPTY : QUIET);
  }
}

import type { Point } from "../charts/history";
import type { MetricChange, Stats } from "../wire";
import { Signal } from "./signal";

/** How far back the recent scores reach, s. */
const RECENT_SECONDS = 15 * 60;

/**
 * The mean score of all assets, live.
 *
 * The server's figures are the truth; between two of them the mean moves by each score
 * change / number of assets, which is what a change does to a mean.
 */
export class Overall {
  readonly stats = new Signal<Stats | null>(null);
  /** Why the newest figures could not be had; null: they could. */
  readonly error = new Signal<string | null>(null);
  readonly score = new Signal<number | null>(null);
  /** The score as it stood in each second of the last 15 minutes that moved it, oldest first. */
  readonly recent = new Signal<readonly Point[]>([]);

  load(stats: Stats): void {
    this.error.set(null);
    this.stats.set(stats);
    this.#move(stats.avgQualityScore);
  }

  apply(changes: readonly MetricChange[]): void {
    const score = this.score.get();
    const total = this.stats.get()?.totalAssets;
    if (score === null || !total) return;
    let moved = 0;
    for (const change of changes) if (change.metricType === "score") moved += change.change;
    if (moved !== 0) this.#move(Math.min(100, Math.max(0, score + moved / total)));
  }

  #move(score: number | null): void {
    this.score.set(score);
    if (score === null) return;
    const time = Math.floor(Date.now() / 1000);
    const recent = this.recent.get();
    const before = recent.at(-1)?.time === time ? recent.slice(0, -1) : recent;
    const kept = before.filter((point) => point.time > time - RECENT_SECONDS);
    this.recent.set([...kept, { time, value: score }]);
  }
}

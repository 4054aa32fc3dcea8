import type { MetricChange, Stats } from "../wire";
import { Signal } from "./signal";

/**
 * The mean score of all assets, live.
 *
 * The server's figures are the truth; between two of them the mean moves by each score
 * change / number of assets, which is what a change does to a mean.
 */
export class Overall {
  readonly stats = new Signal<Stats | null>(null);
  readonly score = new Signal<number | null>(null);

  load(stats: Stats): void {
    this.stats.set(stats);
    this.score.set(stats.avgQualityScore);
  }

  apply(changes: readonly MetricChange[]): void {
    const score = this.score.get();
    const total = this.stats.get()?.totalAssets;
    if (score === null || !total) return;
    let moved = 0;
    for (const change of changes) if (change.metricType === "score") moved += change.change;
    this.score.set(Math.min(100, Math.max(0, score + moved / total)));
  }
}

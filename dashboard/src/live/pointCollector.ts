import { append, type Point } from "../charts/history";
import type { MetricChange, MetricType } from "../wire";
import type { Follower } from "./follower";
import { Signal } from "./signal";

export type LivePoints = Readonly<Partial<Record<MetricType, readonly Point[]>>>;

const NONE: LivePoints = {};
/** Between two tellings, ms: a chart need not be drawn with every frame. */
const INTERVAL = 250;

/** Gathers what arrives live of one asset, and tells of it now and then. */
export class PointCollector {
  readonly points = new Signal(NONE);
  readonly #follower: Follower;
  readonly #assetId: string;
  readonly #fresh = new Map<MetricType, Point[]>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(follower: Follower, assetId: string) {
    this.#follower = follower;
    this.#assetId = assetId;
  }

  start(): () => void {
    const stop = this.#follower.onChanges((changes) => this.#take(changes));
    return () => {
      stop();
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  #take(changes: readonly MetricChange[]): void {
    for (const { assetId, metricType, timestamp, currentValue } of changes) {
      if (assetId !== this.#assetId) continue;
      const points = this.#fresh.get(metricType) ?? [];
      points.push({ time: Date.parse(timestamp) / 1000, value: currentValue });
      this.#fresh.set(metricType, points);
    }
    if (this.#fresh.size) this.#timer ??= setTimeout(() => this.#tell(), INTERVAL);
  }

  #tell(): void {
    this.#timer = undefined;
    const told: Partial<Record<MetricType, readonly Point[]>> = { ...this.points.get() };
    for (const [metric, fresh] of this.#fresh) told[metric] = append(told[metric] ?? [], fresh);
    this.#fresh.clear();
    this.points.set(told);
  }
}

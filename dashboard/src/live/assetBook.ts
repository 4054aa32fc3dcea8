import { later } from "../format";
import type { CurrentMetric, MetricChange, MetricType } from "../wire";
import { Signal } from "./signal";

export interface Reading {
  value: number;
  /** Value before the last change; null where none was seen. */
  previous: number | null;
  timestamp: string;
}

/** The live picture of one asset; replaced, never changed. */
export interface AssetState {
  assetId: string;
  assetName: string;
  assetType?: string;
  source?: string;
  readings: Readonly<Partial<Record<MetricType, Reading>>>;
  /** Recent scores, oldest first. */
  scores: readonly number[];
  /** Timestamp of the newest reading. */
  timestamp: string;
  /** When a change last arrived, ms since the epoch; 0 for a snapshot. */
  heardAt: number;
}

/** Scores kept for a sparkline. */
const MOST_SCORES = 40;

/** The newest values of every asset this page has heard of. */
export class AssetBook {
  /** Counts up with every change of any asset. */
  readonly version = new Signal(0);
  readonly #assets = new Map<string, AssetState>();
  readonly #listeners = new Map<string, Set<() => void>>();

  readonly get = (assetId: string): AssetState | undefined => this.#assets.get(assetId);

  all(): AssetState[] {
    return [...this.#assets.values()];
  }

  get size(): number {
    return this.#assets.size;
  }

  subscribe(assetId: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(assetId) ?? new Set();
    this.#listeners.set(assetId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(assetId);
    };
  }

  /** Take in changes, oldest first. */
  apply(changes: readonly MetricChange[]): void {
    for (const change of changes) {
      this.#put(change, { value: change.currentValue, previous: change.previousValue });
    }
    this.#told(changes.map((change) => change.assetId));
  }

  /** Take in current values of a snapshot. */
  load(metrics: readonly CurrentMetric[]): void {
    for (const metric of metrics) this.#put(metric, { value: metric.value, previous: null });
    this.#told(metrics.map((metric) => metric.assetId));
  }

  #put(
    told: Omit<CurrentMetric, "value">,
    { value, previous }: { value: number; previous: number | null },
  ): void {
    const { assetId, metricType, timestamp } = told;
    const known = this.#assets.get(assetId);
    const reading = known?.readings[metricType];
    if (reading && Date.parse(reading.timestamp) > Date.parse(timestamp)) return;
    const moved = metricType === "score" && (previous !== null || !known?.scores.length);
    this.#assets.set(assetId, {
      assetId,
      assetName: told.assetName ?? known?.assetName ?? assetId,
      assetType: told.assetType ?? known?.assetType,
      source: told.source ?? known?.source,
      readings: {
        ...known?.readings,
        [metricType]: { value, previous: previous ?? reading?.previous ?? null, timestamp },
      },
      scores: moved ? extend(known?.scores, previous, value) : (known?.scores ?? []),
      timestamp: later(timestamp, known?.timestamp ?? timestamp),
      heardAt: previous === null ? (known?.heardAt ?? 0) : Date.now(),
    });
  }

  #told(assetIds: readonly string[]): void {
    if (assetIds.length === 0) return;
    this.version.set(this.version.get() + 1);
    for (const assetId of new Set(assetIds)) {
      for (const listener of [...(this.#listeners.get(assetId) ?? [])]) listener();
    }
  }
}

function extend(
  scores: readonly number[] = [],
  previous: number | null,
  value: number,
): readonly number[] {
  const before = scores.length === 0 && previous !== null ? [previous] : scores;
  return [...before, value].slice(-MOST_SCORES);
}

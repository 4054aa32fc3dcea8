import type { Kind, MetricChange } from "../wire";
import { matchesGlob } from "./glob";
import { Signal } from "./signal";

/** Changes a consumer is shown. */
export const MOST_CHANGES = 100;
/** Follows every asset. */
export const ALL = "*";

/** Is told of changes, oldest first. */
type ChangeListener = (changes: readonly MetricChange[]) => void;

/** What one consumer follows: its assets, and their newest changes, newest first. */
export class Follower {
  readonly kinds: readonly Kind[];
  readonly changes = new Signal<readonly MetricChange[]>([]);
  /** Asset ids or globs; `*` means all assets, an empty list none. */
  readonly patterns = new Signal<readonly string[]>([]);
  #exact: ReadonlySet<string> = new Set();
  readonly #listeners = new Set<ChangeListener>();

  constructor(patterns: readonly string[], kinds: readonly Kind[] = ["changes", "alerts"]) {
    this.kinds = kinds;
    this.follow(patterns);
  }

  /** Follow these assets from now on; changes of others are dropped. */
  follow(patterns: readonly string[]): void {
    const wanted = new Set(patterns);
    if (wanted.size === this.#exact.size && patterns.every((one) => this.#exact.has(one))) return;
    this.#exact = wanted;
    this.patterns.set([...wanted]);
    const kept = this.changes.get().filter((change) => this.includes(change.assetId));
    if (kept.length < this.changes.get().length) this.changes.set(kept);
  }

  readonly includes = (assetId: string): boolean =>
    this.#exact.has(ALL) ||
    this.#exact.has(assetId) ||
    this.patterns.get().some((pattern) => matchesGlob(pattern, assetId));

  /** Hear of every change, however many arrive at once. */
  onChanges(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Take in a frame's changes, oldest first. */
  append(batch: readonly MetricChange[]): void {
    const fresh = batch.filter((change) => this.includes(change.assetId));
    if (fresh.length === 0) return;
    for (const listener of this.#listeners) listener(fresh);
    this.changes.set([...fresh.toReversed(), ...this.changes.get()].slice(0, MOST_CHANGES));
  }
}

/** All patterns that any of the followers wants of a kind; `*` swallows the rest. */
export function union(followers: Iterable<Follower>, kind: Kind): ReadonlySet<string> {
  const all = new Set<string>();
  for (const { kinds, patterns } of followers) {
    if (kinds.includes(kind)) for (const pattern of patterns.get()) all.add(pattern);
  }
  return all.has(ALL) ? new Set([ALL]) : all;
}

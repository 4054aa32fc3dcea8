import type { Alert } from "../wire";
import { LazySignal } from "./signal";

/** Alerts kept at most; the oldest go first. */
export const MOST_ALERTS = 20_000;
/** How many more there may be while nobody looks at the list. */
const SLACK = 2_000;

/** Where an alert stands among others. */
interface Place {
  id: string;
  /** Of the alert, ms since the epoch. */
  time: number;
}

/** The order of alerts; those of one moment by id. */
export function newestFirst(a: Place, b: Place): number {
  if (a.time !== b.time) return b.time - a.time;
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

interface Entry extends Place {
  alert: Alert;
  drafts: readonly Partial<Alert>[];
  /** The alert with its drafts over it. */
  shown: Alert;
}

/**
 * Every alert this page knows, each as of its newest step.
 *
 * A step asked for here is shown at once as a draft over the alert, and withdrawn when the
 * server refuses it. Steps that arrive out of order or twice change nothing.
 */
export class AlertBook {
  readonly #entries = new Map<string, Entry>();
  #order: Entry[] = [];
  #sorted = true;
  /** Newest first. */
  readonly list = new LazySignal<readonly Alert[]>(() => this.#list());

  get(id: string): Alert | undefined {
    return this.#entries.get(id)?.shown;
  }

  /** Take in alerts or later steps of them; returns those that were news. */
  merge(alerts: readonly Alert[]): Alert[] {
    const news = alerts.filter((alert) => this.#merge(alert));
    if (this.#order.length > MOST_ALERTS + SLACK) this.#tidy();
    if (news.length) this.list.changed();
    return news;
  }

  /** Show alerts as if a step had been taken; returns how to take that back. */
  draft(ids: readonly string[], patch: Partial<Alert>): () => void {
    this.#redraft(ids, (drafts) => [...drafts, patch]);
    return () => this.#redraft(ids, (drafts) => drafts.filter((draft) => draft !== patch));
  }

  /** Forget what is known; drafts go with it. */
  clear(): void {
    this.#entries.clear();
    this.#order = [];
    this.list.changed();
  }

  #merge(alert: Alert): boolean {
    const known = this.#entries.get(alert.id);
    if (known) {
      if (!isLater(alert, known.alert)) return false;
      known.alert = alert;
      known.shown = withDrafts(known);
      return true;
    }
    const { id, timestamp } = alert;
    const entry = { id, time: Date.parse(timestamp), alert, drafts: [], shown: alert };
    this.#entries.set(id, entry);
    this.#order.push(entry);
    this.#sorted = false;
    return true;
  }

  #redraft(
    ids: readonly string[],
    change: (drafts: readonly Partial<Alert>[]) => readonly Partial<Alert>[],
  ): void {
    for (const id of ids) {
      const entry = this.#entries.get(id);
      if (!entry) continue;
      entry.drafts = change(entry.drafts);
      entry.shown = withDrafts(entry);
    }
    this.list.changed();
  }

  #list(): readonly Alert[] {
    this.#tidy();
    return this.#order.map((entry) => entry.shown);
  }

  /** Put the alerts in order and let the oldest go. */
  #tidy(): void {
    if (!this.#sorted) {
      // Nearly in order as it is, which this sort is quick with.
      this.#order.sort(newestFirst);
      this.#sorted = true;
    }
    for (const old of this.#order.splice(MOST_ALERTS)) this.#entries.delete(old.id);
  }
}

function withDrafts({ alert, drafts }: Entry): Alert {
  return drafts.length ? Object.assign({}, alert, ...drafts) : alert;
}

function isLater(candidate: Alert, known: Alert): boolean {
  if (candidate.stepId === known.stepId) return false;
  return Date.parse(candidate.changedAt) >= Date.parse(known.changedAt);
}

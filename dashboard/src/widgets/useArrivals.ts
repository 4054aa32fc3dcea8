import { useMemo, useState } from "react";
import { newestFirst } from "../live/alertBook";
import type { Alert } from "../wire";

interface Arrivals {
  /** The alerts to show: all, or those that were there when the reader left the top. */
  shown: readonly Alert[];
  /** How many have come in since. */
  waiting: number;
  /** Say whether the reader is at the top of the list. */
  readAt: (top: boolean) => void;
}

/**
 * Lets what comes in at the top of a list wait while its reader is further down.
 *
 * So nothing moves under their eyes, and a storm of alerts costs no row.
 */
export function useArrivals(alerts: readonly Alert[]): Arrivals {
  /** The newest alert that is shown; null: there is no bound. */
  const [newest, setNewest] = useState<Alert | null>(null);
  const waiting = useMemo(() => (newest ? countBefore(alerts, newest) : 0), [alerts, newest]);
  return {
    shown: useMemo(() => (waiting ? alerts.slice(waiting) : alerts), [alerts, waiting]),
    waiting,
    readAt: (top) => {
      if (top === (newest === null)) return;
      setNewest(top ? null : (alerts[0] ?? null));
    },
  };
}

/** How many of `alerts`, newest first, stand before `alert`. */
function countBefore(alerts: readonly Alert[], alert: Alert): number {
  let [low, high] = [0, alerts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (newestFirst(placeOf(alerts[middle] as Alert), placeOf(alert)) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

const placeOf = ({ id, timestamp }: Alert) => ({ id, time: Date.parse(timestamp) });

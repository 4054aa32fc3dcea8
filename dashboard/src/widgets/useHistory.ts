import { useQueries } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { append, inOrder, MOST_POINTS, type Point } from "../charts/history";
import { RANGE_SECONDS, type RangeName } from "../charts/range";
import { useSession } from "../live/context";
import type { Follower } from "../live/follower";
import { useSignal } from "../live/signal";
import { cache } from "../rest/cache";
import { getHistory } from "../rest/quality";
import type { HistoryPoint, MetricChange, MetricType } from "../wire";

interface History {
  /** One list per metric asked for, oldest first, live ones at the end. */
  points: readonly (readonly Point[])[];
  loading: boolean;
  error: Error | null;
  retry: () => void;
}

const MINUTE = 60_000;

/** Recorded values of some metrics of one asset over a range, and those that arrive live. */
export function useHistory(
  assetId: string,
  metrics: readonly MetricType[],
  range: RangeName,
  follower: Follower,
): History {
  const session = useSession();
  const epoch = useSignal(session.epoch);
  const live = useLivePoints(follower, assetId);
  const queries = useQueries(
    {
      queries: metrics.map((metricType) => ({
        queryKey: ["history", session.endpoint, assetId, metricType, range, epoch],
        queryFn: async ({ signal }: { signal: AbortSignal }) => {
          const since = new Date(Date.now() - RANGE_SECONDS[range] * 1000).toISOString();
          const query = { assetId, metricType, since };
          const recorded = await getHistory(session.endpoint, query, MOST_POINTS, signal);
          return inOrder(recorded.map(toPoint));
        },
        placeholderData: (previous: Point[] | undefined) => previous,
        staleTime: MINUTE,
        refetchInterval: 5 * MINUTE,
      })),
      combine: (results) => ({
        recorded: results.map(({ data }) => data),
        loading: results.some(({ isPending }) => isPending),
        error: results.find(({ error }) => error)?.error ?? null,
        retry: () => {
          for (const { refetch } of results) void refetch();
        },
      }),
    },
    cache,
  );
  const { recorded } = queries;
  const points = useMemo(
    () => metrics.map((metric, index) => append(recorded[index] ?? [], live[metric] ?? [])),
    [metrics, recorded, live],
  );
  return { points, loading: queries.loading, error: queries.error, retry: queries.retry };
}

type LivePoints = Partial<Record<MetricType, readonly Point[]>>;

const NONE: LivePoints = {};

/** What has arrived since the asset was opened. */
function useLivePoints(follower: Follower, assetId: string): LivePoints {
  const changes = useSignal(follower.changes);
  const [points, setPoints] = useState({ assetId, live: NONE, newest: "" });

  useEffect(() => {
    setPoints((before) => {
      const known = before.assetId === assetId ? before : { assetId, live: NONE, newest: "" };
      const end = changes.findIndex((change) => keyOf(change) === known.newest);
      const fresh = changes
        .slice(0, end === -1 ? undefined : end)
        .filter((change) => change.assetId === assetId)
        .reverse();
      const last = fresh.at(-1);
      if (!last) return known;
      return { assetId, live: extend(known.live, fresh), newest: keyOf(last) };
    });
  }, [changes, assetId]);

  return points.assetId === assetId ? points.live : NONE;
}

function extend(live: LivePoints, fresh: readonly MetricChange[]): LivePoints {
  const extended = { ...live };
  for (const { metricType, timestamp, currentValue } of fresh) {
    const point = { time: seconds(timestamp), value: currentValue };
    extended[metricType] = append(extended[metricType] ?? [], [point]);
  }
  return extended;
}

function keyOf(change: MetricChange): string {
  return `${change.eventId} ${change.metricType}`;
}

function toPoint({ timestamp, value }: HistoryPoint): Point {
  return { time: seconds(timestamp), value };
}

function seconds(timestamp: string): number {
  return Date.parse(timestamp) / 1000;
}

import { useQueries } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { append, inOrder, MOST_POINTS, type Point, toPoint } from "../charts/history";
import { RANGE_SECONDS, type RangeName } from "../charts/range";
import { useSession } from "../live/context";
import type { Follower } from "../live/follower";
import { PointCollector } from "../live/pointCollector";
import { useSignal } from "../live/signal";
import { cache } from "../rest/cache";
import { getHistory } from "../rest/quality";
import type { MetricType } from "../wire";

interface History {
  /** One list per metric asked for, oldest first, live ones at the end. */
  points: readonly (readonly Point[])[];
  loading: boolean;
  error: Error | null;
  retry: () => void;
}

const MINUTE = 60_000;
/** With more points than this a chart is drawn once a second. */
const MANY = 10_000;
const MANY_INTERVAL = 1_000;

/** Recorded values of some metrics of one asset over a range, and those that arrive live. */
export function useHistory(
  assetId: string,
  metrics: readonly MetricType[],
  range: RangeName,
  follower: Follower,
): History {
  const session = useSession();
  const epoch = useSignal(session.epoch);
  const collector = useMemo(() => new PointCollector(follower, assetId), [follower, assetId]);
  useEffect(() => collector.start(), [collector]);
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
  const many = recorded.some((points) => points && points.length > MANY);
  const live = useSignal(collector.points, many ? MANY_INTERVAL : 0);
  const points = useMemo(
    () => metrics.map((metric, index) => append(recorded[index] ?? [], live[metric] ?? [])),
    [metrics, recorded, live],
  );
  return { points, loading: queries.loading, error: queries.error, retry: queries.retry };
}

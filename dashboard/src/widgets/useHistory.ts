import { useQueries } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { append, type Point } from "../charts/history";
import type { RangeName } from "../charts/range";
import { useSession } from "../live/context";
import type { Follower } from "../live/follower";
import { PointCollector } from "../live/pointCollector";
import { useSignal } from "../live/signal";
import { cache } from "../rest/cache";
import type { MetricType } from "../wire";
import { getMetricHistory, type MetricHistory } from "./metricHistory";

export interface History {
  /** One per metric asked for, with what has arrived live at its end. */
  metrics: readonly MetricHistory[];
  loading: boolean;
  error: Error | null;
  retry: () => void;
}

const MINUTE = 60_000;
/** With more points than this a chart is drawn once a second, and fetched anew less often. */
const MANY = 10_000;
const MANY_INTERVAL = 1_000;

/** Some metrics of one asset over a range, and what arrives of them live. */
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
  const { recorded, ...query } = useQueries(
    {
      queries: metrics.map((metricType) => ({
        queryKey: ["history", session.endpoint, assetId, metricType, range, epoch],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          getMetricHistory(session.endpoint, { assetId, metricType, range }, signal),
        placeholderData: (previous: MetricHistory | undefined) => previous,
        staleTime: MINUTE,
        refetchInterval: ({ state }: { state: { data?: MetricHistory } }) =>
          isLarge(state.data) ? 5 * MINUTE : MINUTE,
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
  const live = useSignal(collector.points, recorded.some(isLarge) ? MANY_INTERVAL : 0);
  const joined = useMemo(
    () => metrics.map((metric, index) => withLive(recorded[index] ?? NOTHING, live[metric] ?? [])),
    [metrics, recorded, live],
  );
  return { metrics: joined, ...query };
}

const NOTHING: MetricHistory = { points: [], spread: null };

function isLarge(history: MetricHistory | undefined): boolean {
  return history !== undefined && history.points.length > MANY;
}

/** Means of buckets go on to the newest value alone. */
function withLive({ points, spread }: MetricHistory, live: readonly Point[]): MetricHistory {
  return { points: append(points, spread ? live.slice(-1) : live), spread };
}

import { useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { MOST_ALERTS } from "../live/alertBook";
import { useSession } from "../live/context";
import { PACE, useSignal } from "../live/signal";
import { cache } from "../rest/cache";
import { ALERTS_PAGE, getAlerts } from "../rest/quality";
import type { Alert } from "../wire";
import { type AlertFilter, matchesFields, matchesText, VIEW_STATUSES } from "./alertFilter";

export interface Alerts {
  /** Newest first: what the server found, and what has arrived or changed since. */
  alerts: readonly Alert[];
  loading: boolean;
  error: Error | null;
  /** More can be had of the server. */
  hasMore: boolean;
  loadMore: () => void;
  /** Get all there is, as far as the page holds it; tells whether that is all. */
  loadAll: () => Promise<boolean>;
  retry: () => void;
  /** The alert came in live, after the list was first shown. */
  isFresh: (id: string) => boolean;
}

/** The alerts a filter lets through, live. */
export function useAlerts(filter: AlertFilter): Alerts {
  const session = useSession();
  const known = useSignal(session.alerts.list, PACE);
  const epoch = useSignal(session.epoch);
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage, ...query } = useInfiniteQuery(
    {
      queryKey: ["alerts", session.endpoint, filter, epoch],
      queryFn: async ({ pageParam, signal }) => {
        const { endpoint } = session;
        const page = await getAlerts(endpoint, serverQuery(filter), pageParam, signal);
        session.alerts.merge(page.data);
        return { ids: page.data.map((alert) => alert.id), next: page.nextCursor };
      },
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.next,
      placeholderData: (previous) => previous,
    },
    cache,
  );

  const found = useMemo(() => new Set(data?.pages.flatMap((page) => page.ids)), [data]);
  const alerts = useMemo(() => {
    // Behind the last that the server has listed so far there would be gaps.
    const listed = hasNextPage ? known.findLastIndex(({ id }) => found.has(id)) + 1 : known.length;
    return known
      .slice(0, listed)
      .filter(
        (alert) =>
          matchesFields(filter, alert) && (found.has(alert.id) || matchesText(filter, alert)),
      );
  }, [known, found, filter, hasNextPage]);

  const before = useRef<ReadonlySet<string> | null>(null);
  useEffect(() => {
    if (data && !before.current) before.current = new Set(known.map((alert) => alert.id));
  }, [data, known]);

  return {
    alerts,
    loading: query.isPending,
    error: query.error,
    hasMore: hasNextPage,
    loadMore: useCallback(() => {
      if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
    }, [hasNextPage, isFetchingNextPage, fetchNextPage]),
    loadAll: useCallback(async () => {
      let more = hasNextPage;
      for (let loaded = 0; more && loaded < MOST_ALERTS; loaded += ALERTS_PAGE) {
        const result = await fetchNextPage();
        if (result.isError) return false;
        more = result.hasNextPage;
      }
      return !more;
    }, [hasNextPage, fetchNextPage]),
    retry: () => void query.refetch(),
    isFresh: useCallback(
      (id: string) => before.current !== null && !before.current.has(id) && !found.has(id),
      [found],
    ),
  };
}

function serverQuery(filter: AlertFilter) {
  return {
    status: VIEW_STATUSES[filter.view],
    severity: filter.severities,
    alertType: filter.type,
    assetId: filter.asset,
    query: filter.text.trim(),
  };
}

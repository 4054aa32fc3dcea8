import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { later } from "../format";
import type { AssetState } from "../live/assetBook";
import { useSession } from "../live/context";
import { useSignal } from "../live/signal";
import { SEVERITY_RANK } from "../quality";
import { cache } from "../rest/cache";
import { getAssets } from "../rest/quality";
import type { Alert, Asset, Severity } from "../wire";

/** Assets a page holds at most. */
export const MOST_ASSETS = 20_000;
/** Between renewals of the whole list, ms: rows renew themselves, their order need not. */
const LIST_INTERVAL = 1_000;

interface OpenAlerts {
  count: number;
  worst: Severity | null;
}

/** Every asset, as the registry has it and as it has moved since. */
export function useAssets() {
  const session = useSession();
  const epoch = useSignal(session.epoch);
  const stats = useSignal(session.overall.stats);
  const version = useSignal(session.assets.version, LIST_INTERVAL);
  const known = useSignal(session.alerts.list, LIST_INTERVAL);
  const complete = useSignal(session.alertsComplete);
  const query = useQuery(
    {
      queryKey: ["assets", session.endpoint, epoch],
      queryFn: ({ signal }) => getAssets(session.endpoint, MOST_ASSETS, signal),
      placeholderData: (previous) => previous,
      refetchInterval: 60_000,
    },
    cache,
  );
  const { data, refetch } = query;

  // A new asset is announced by the statistics alone.
  const total = stats?.totalAssets;
  useEffect(() => {
    if (data && total !== undefined && total !== data.length && total <= MOST_ASSETS) {
      void refetch();
    }
  }, [total, data, refetch]);

  const open = useMemo(() => (complete ? openByAsset(known) : null), [known, complete]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version stands for the book
  const assets = useMemo(
    () => (data ?? []).map((asset) => overlay(asset, session.assets.get(asset.assetId), open)),
    [data, version, open, session],
  );
  return {
    assets,
    loading: query.isPending,
    error: query.error,
    retry: () => void refetch(),
  };
}

function openByAsset(alerts: readonly Alert[]): ReadonlyMap<string, OpenAlerts> {
  const open = new Map<string, OpenAlerts>();
  for (const { assetId, status, severity } of alerts) {
    if (status !== "active") continue;
    const { count, worst } = open.get(assetId) ?? { count: 0, worst: null };
    const worse = worst === null || SEVERITY_RANK[severity] > SEVERITY_RANK[worst];
    open.set(assetId, { count: count + 1, worst: worse ? severity : worst });
  }
  return open;
}

/** The registry's asset with what has arrived live laid over it. */
export function overlay(
  asset: Asset,
  live: AssetState | undefined,
  open: ReadonlyMap<string, OpenAlerts> | null,
): Asset {
  const alerts = open?.get(asset.assetId) ?? { count: 0, worst: null };
  return {
    ...asset,
    ...(live && {
      assetName: live.assetName,
      score: live.readings.score?.value ?? asset.score,
      issues: live.readings.issues?.value ?? asset.issues,
      lastSeen: later(asset.lastSeen, live.timestamp),
    }),
    ...(open && { activeAlerts: alerts.count, worstSeverity: alerts.worst }),
  };
}

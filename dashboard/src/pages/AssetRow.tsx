import { useQuery } from "@tanstack/react-query";
import { memo, useEffect, useState, useSyncExternalStore } from "react";
import { Link } from "wouter";
import { assetHref } from "../app/routes";
import { Sparkline } from "../charts/Sparkline";
import { ChangeBadge, SeverityBadge } from "../components/Badge";
import { ScoreBar } from "../components/ScoreBar";
import { useNow } from "../components/useNow";
import { formatAgo, formatCount, formatTime, later } from "../format";
import { useSession } from "../live/context";
import { healthOf } from "../quality";
import { cache } from "../rest/cache";
import { getHistory } from "../rest/quality";
import type { Asset } from "../wire";
import styles from "./Assets.module.css";

interface AssetRowProps {
  asset: Asset;
  index: number;
  /** Offset from the top of the list, px. */
  start: number;
}

/** How long a dot stays lit after news, ms. */
const LIT = 3_000;

/** One asset: it renders by itself when its own values move. */
export const AssetRow = memo(function AssetRow({ asset, index, start }: AssetRowProps) {
  const { assets } = useSession();
  const { assetId } = asset;
  const live = useSyncExternalStore(
    (listener) => assets.subscribe(assetId, listener),
    () => assets.get(assetId),
  );
  const now = useNow(1_000);
  const reading = live?.readings.score;
  const score = reading?.value ?? asset.score ?? null;
  const issues = live?.readings.issues?.value ?? asset.issues;
  const change = reading?.previous != null ? reading.value - reading.previous : null;
  const seen = later(live?.timestamp ?? asset.lastSeen, asset.lastSeen);
  const lit = live !== undefined && now - live.heardAt < LIT;

  return (
    <div
      role="row"
      className={styles.row}
      aria-rowindex={index}
      style={{ transform: `translateY(${start}px)` }}
      data-asset={assetId}
    >
      <span role="cell" className={styles.asset}>
        <i className={lit ? styles.lit : styles.dot} aria-hidden />
        <Link href={assetHref(assetId)} className={styles.name}>
          <strong>{asset.assetName}</strong>
          <span>{[assetId, asset.assetType, asset.source].filter(Boolean).join(" · ")}</span>
        </Link>
      </span>
      <span role="cell">
        <ScoreBar score={score} />
      </span>
      <span role="cell">{change !== null && <ChangeBadge metric="score" change={change} />}</span>
      <span role="cell">
        <RecentScores asset={asset} live={live?.scores ?? NONE} />
      </span>
      <span role="cell" className={styles.number}>
        {formatCount(issues)}
      </span>
      <span role="cell" className={styles.alerts}>
        {asset.worstSeverity && asset.activeAlerts > 0 ? (
          <>
            <SeverityBadge severity={asset.worstSeverity} iconOnly />
            {asset.activeAlerts}
          </>
        ) : (
          <span className={styles.none}>none</span>
        )}
      </span>
      <time role="cell" className={styles.seen} dateTime={seen} title={formatTime(seen)}>
        {formatAgo(seen, now)}
      </time>
    </div>
  );
});

const NONE: readonly number[] = [];
const RECENT = 24;
/** A row scrolled past faster than this asks for nothing, ms. */
const SETTLED = 250;
const FIVE_MINUTES = 300_000;

/** Recorded scores, and behind them those that arrived live. */
function RecentScores({ asset, live }: { asset: Asset; live: readonly number[] }) {
  const { endpoint } = useSession();
  const settled = useSettled();
  const { data } = useQuery(
    {
      queryKey: ["spark", endpoint, asset.assetId],
      queryFn: async ({ signal }) => {
        const query = { assetId: asset.assetId, metricType: "score" } as const;
        const points = await getHistory(endpoint, query, RECENT, signal);
        return { values: points.map(({ value }) => value), seen: live.length };
      },
      enabled: settled && asset.score != null,
      staleTime: FIVE_MINUTES,
    },
    cache,
  );
  const recorded = data?.values ?? NONE;
  const values = data ? [...recorded, ...live.slice(data.seen)].slice(-RECENT) : live;
  return <Sparkline values={values} tone={healthOf(values.at(-1))} />;
}

function useSettled(): boolean {
  const [settled, setSettled] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(true), SETTLED);
    return () => clearTimeout(timer);
  }, []);
  return settled;
}

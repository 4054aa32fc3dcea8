import { useQuery } from "@tanstack/react-query";
import { ArrowRight } from "lucide-react";
import { useMemo } from "react";
import { Link } from "wouter";
import { FirstEvent } from "../app/FirstEvent";
import { alertHref, assetHref } from "../app/routes";
import { ScoreTrend } from "../charts/ScoreTrend";
import { SeverityBadge } from "../components/Badge";
import { Card, Figure, Figures } from "../components/Card";
import { EmptyState, ErrorBoundary, Failure, Skeleton } from "../components/Feedback";
import { PageHead } from "../components/PageHead";
import { useNow } from "../components/useNow";
import { formatAgo, formatCount, formatScore } from "../format";
import { useSession } from "../live/context";
import { useSignal } from "../live/signal";
import { SEVERITIES, SEVERITY_RANK } from "../quality";
import { cache } from "../rest/cache";
import { getTrends } from "../rest/quality";
import { LiveQualityWidget } from "../widgets/LiveQualityWidget";
import type { Alert, Stats, TrendPoint } from "../wire";
import { AttentionList } from "./AttentionList";
import styles from "./Overview.module.css";

/** How everything stands, right now. */
export function Overview() {
  const session = useSession();
  const stats = useSignal(session.overall.stats);
  const empty = stats?.totalAssets === 0;
  return (
    <>
      <PageHead title="Overview" lead={<Freshness stats={stats} />} />
      {empty ? (
        <Card>
          <FirstEvent />
        </Card>
      ) : (
        <div className={styles.grid}>
          <Tiles stats={stats} />
          <div className={styles.live}>
            <ErrorBoundary>
              <LiveQualityWidget assetHref={assetHref} />
            </ErrorBoundary>
          </div>
          <div className={styles.alerts}>
            <ErrorBoundary>
              <OpenAlerts />
            </ErrorBoundary>
          </div>
          <div className={styles.trend}>
            <ErrorBoundary>
              <OverallTrend />
            </ErrorBoundary>
          </div>
          <div className={styles.worst}>
            <ErrorBoundary>
              <AttentionList />
            </ErrorBoundary>
          </div>
        </div>
      )}
    </>
  );
}

function Freshness({ stats }: { stats: Stats | null }) {
  const now = useNow(1_000);
  if (!stats) return "Loading figures";
  return (
    <>
      {formatCount(stats.recentlyMonitored)} of {formatCount(stats.totalAssets)} assets heard of in
      the last 24 hours, figures from {formatAgo(stats.timestamp, now)}
    </>
  );
}

function Tiles({ stats }: { stats: Stats | null }) {
  const open =
    stats && SEVERITIES.reduce((sum, one) => sum + (stats.alertsBySeverity[one] ?? 0), 0);
  return (
    <Card className={styles.tiles}>
      <div className={styles.standing}>
        <Figures>
          <Figure label="Assets" value={formatCount(stats?.totalAssets)} />
          <Figure label="Open issues" value={formatCount(stats?.openIssues)} />
          <Figure label="Active alerts" value={formatCount(open)} />
        </Figures>
        <ul className={styles.severities} aria-label="Active alerts by severity">
          {SEVERITIES.map((severity) => (
            <li key={severity}>
              <Link href={`/alerts?severity=${severity}`} className={styles.severity}>
                <b>{formatCount(stats?.alertsBySeverity[severity])}</b>
                <SeverityBadge severity={severity} />
              </Link>
            </li>
          ))}
        </ul>
      </div>
    </Card>
  );
}

const SHOWN_ALERTS = 6;

function OpenAlerts() {
  const session = useSession();
  const known = useSignal(session.alerts.list);
  const epoch = useSignal(session.epoch);
  const worst = useMemo(() => worstFirst(known).slice(0, SHOWN_ALERTS), [known]);
  return (
    <Card
      title="Worst active alerts"
      aside={
        <Link href="/alerts" className={styles.more}>
          All alerts <ArrowRight aria-hidden />
        </Link>
      }
      flush
    >
      {worst.length > 0 ? (
        <ul className={styles.alertList}>
          {worst.map((alert) => (
            <AlertLine key={alert.id} alert={alert} />
          ))}
        </ul>
      ) : epoch === 0 ? (
        <Skeleton lines={5} height={24} />
      ) : (
        <EmptyState title="All quiet">
          <p>No alert is waiting for anybody.</p>
        </EmptyState>
      )}
    </Card>
  );
}

function worstFirst(alerts: readonly Alert[]): Alert[] {
  return alerts
    .filter(({ status }) => status === "active")
    .sort((a, b) => SEVERITY_RANK[b.severity] - SEVERITY_RANK[a.severity]);
}

function AlertLine({ alert }: { alert: Alert }) {
  const now = useNow(5_000);
  return (
    <li>
      <Link href={alertHref(alert.id)} className={styles.alertLine}>
        <SeverityBadge severity={alert.severity} iconOnly />
        <span className={styles.alertWords}>
          <strong>{alert.message}</strong>
          <span>{alert.assetId}</span>
        </span>
        <time dateTime={alert.timestamp}>{formatAgo(alert.timestamp, now)}</time>
      </Link>
    </li>
  );
}

const TREND_DAYS = 30;

function OverallTrend() {
  const { endpoint } = useSession();
  const query = useQuery(
    {
      queryKey: ["trends", endpoint, null, TREND_DAYS],
      queryFn: ({ signal }) => getTrends(endpoint, { days: TREND_DAYS }, signal),
    },
    cache,
  );
  return (
    <Card title="Score of all assets, last 30 days">
      {query.isPending ? (
        <Skeleton lines={5} height={28} />
      ) : query.error ? (
        <Failure error={query.error} retry={() => void query.refetch()} />
      ) : query.data.length < 2 ? (
        <FirstDay day={query.data[0]} />
      ) : (
        <ScoreTrend points={query.data} />
      )}
    </Card>
  );
}

/** A line needs two days. */
function FirstDay({ day }: { day: TrendPoint | undefined }) {
  if (!day) {
    return (
      <EmptyState title="Nothing recorded yet">
        <p>The first figures appear with the first recorded scores.</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="The first day">
      <p>
        {formatCount(day.count)} scores so far, {formatScore(day.average)} on average, the lowest{" "}
        {formatScore(day.minimum)}. The line begins with the second day.
      </p>
    </EmptyState>
  );
}

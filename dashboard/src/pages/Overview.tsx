import { Link } from "wouter";
import { FirstEvent } from "../app/FirstEvent";
import { assetHref } from "../app/routes";
import { SeverityBadge } from "../components/Badge";
import { Card, Figure, Figures } from "../components/Card";
import { ErrorBoundary } from "../components/Feedback";
import { PageHead } from "../components/PageHead";
import { useNow } from "../components/useNow";
import { formatAgo, formatCount } from "../format";
import { useSession } from "../live/context";
import { useSignal } from "../live/signal";
import { SEVERITIES } from "../quality";
import { LiveQualityWidget } from "../widgets/LiveQualityWidget";
import type { Stats } from "../wire";
import { AttentionList } from "./AttentionList";
import { OverallTrend } from "./OverallTrend";
import styles from "./Overview.module.css";
import { WorstAlerts } from "./WorstAlerts";

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
          <ErrorBoundary>
            <LiveQualityWidget assetHref={assetHref} />
          </ErrorBoundary>
          <ErrorBoundary>
            <WorstAlerts />
          </ErrorBoundary>
          <ErrorBoundary>
            <OverallTrend />
          </ErrorBoundary>
          <ErrorBoundary>
            <AttentionList />
          </ErrorBoundary>
        </div>
      )}
    </>
  );
}

function Freshness({ stats }: { stats: Stats | null }) {
  const { overall } = useSession();
  const error = useSignal(overall.error);
  const now = useNow(1_000);
  if (!stats) return error ? `The figures could not be loaded: ${error}` : "Loading figures";
  if (stats.totalAssets === 0) return "No asset has reported yet";
  return (
    <>
      {formatCount(stats.recentlyMonitored)} of {formatCount(stats.totalAssets)} assets reported in
      the last 24 hours · figures from {formatAgo(stats.timestamp, now)}
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

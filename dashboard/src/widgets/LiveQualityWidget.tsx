import { ChangeBadge, HealthBadge, SeverityBadge } from "../components/Badge";
import { Card } from "../components/Card";
import { useNow } from "../components/useNow";
import { formatAgo, formatCount, formatScore, formatTime } from "../format";
import { useSession } from "../live/context";
import { useSignal } from "../live/signal";
import { useFollow } from "../live/useFollow";
import { healthOf, metricLabel } from "../quality";
import type { MetricChange } from "../wire";
import styles from "./LiveQualityWidget.module.css";
import { ScoreRing } from "./ScoreRing";
import { useBaseline } from "./useBaseline";

interface LiveQualityWidgetProps {
  /** Recent changes shown. Default 8; 0 shows the score alone. */
  recent?: number;
  /** Address of an asset's page, for links from a change. */
  assetHref?: (assetId: string) => string;
}

/** The overall score as it moves, how it stands against yesterday, and what moved it. */
export function LiveQualityWidget({ recent = 8, assetHref }: LiveQualityWidgetProps) {
  const session = useSession();
  const follower = useFollow();
  const score = useSignal(session.overall.score);
  const stats = useSignal(session.overall.stats);
  const changes = useSignal(follower.changes);
  const baseline = useBaseline();
  const change = score !== null && baseline !== null ? score - baseline : null;

  return (
    <Card title="Live quality" className={styles.widget}>
      <div className={styles.overall}>
        <ScoreRing score={score} />
        <div className={styles.words}>
          <HealthBadge health={healthOf(score)} />
          {change !== null && (
            <span className={styles.trend}>
              <ChangeBadge metric="score" change={change} /> against yesterday
            </span>
          )}
          <span className={styles.muted}>
            {stats ? `Mean of ${formatCount(stats.totalAssets)} assets` : "Waiting for figures"}
          </span>
        </div>
      </div>
      {recent > 0 && (
        <>
          <h3 className={styles.subhead}>Recent changes</h3>
          {changes.length === 0 ? (
            <p className={styles.muted}>Changes appear here the moment they happen.</p>
          ) : (
            <ol className={styles.changes}>
              {changes.slice(0, recent).map((one) => (
                <ChangeLine
                  key={`${one.eventId}-${one.metricType}`}
                  change={one}
                  href={assetHref}
                />
              ))}
            </ol>
          )}
        </>
      )}
    </Card>
  );
}

interface ChangeLineProps {
  change: MetricChange;
  href?: (assetId: string) => string;
}

export function ChangeLine({ change, href }: ChangeLineProps) {
  const now = useNow(1_000);
  const { assetId, assetName, metricType, previousValue, currentValue, timestamp } = change;
  const show = metricType === "issues" ? formatCount : formatScore;
  return (
    <li className={styles.change}>
      <span className={styles.asset} title={assetId}>
        {href ? <a href={href(assetId)}>{assetName}</a> : assetName}
      </span>
      <span className={styles.metric}>{metricLabel(metricType)}</span>
      <span className={styles.values}>
        {show(previousValue)} → <b>{show(currentValue)}</b>
      </span>
      <ChangeBadge metric={metricType} change={change.change} />
      <span className={styles.flag}>
        {change.severity && isSeverity(change.severity) && (
          <SeverityBadge severity={change.severity} iconOnly />
        )}
      </span>
      <time className={styles.muted} dateTime={timestamp} title={formatTime(timestamp)}>
        {formatAgo(timestamp, now)}
      </time>
    </li>
  );
}

function isSeverity(text: string): text is "critical" | "high" | "medium" | "low" {
  return ["critical", "high", "medium", "low"].includes(text);
}

import { ChangeBadge, SeverityBadge } from "../components/Badge";
import { useNow } from "../components/useNow";
import { formatAgo, formatCount, formatScore, formatTime } from "../format";
import { metricLabel, SEVERITIES } from "../quality";
import type { MetricChange } from "../wire";
import styles from "./ChangeList.module.css";

interface ChangeListProps {
  /** Newest first. */
  changes: readonly MetricChange[];
  /** Name the asset in each line. Default: yes. */
  named?: boolean;
  /** Address of an asset's page. */
  assetHref?: (assetId: string) => string;
}

/** Changes, one to a line. */
export function ChangeList({ changes, named = true, assetHref }: ChangeListProps) {
  if (changes.length === 0) {
    return <p className={styles.none}>Changes appear here the moment they happen.</p>;
  }
  return (
    <ol className={`${styles.changes} ${named ? styles.named : ""}`}>
      {changes.map((change) => (
        <li key={`${change.eventId} ${change.metricType}`}>
          {named && <AssetName change={change} href={assetHref?.(change.assetId)} />}
          <span className={styles.metric}>{metricLabel(change.metricType)}</span>
          <Values change={change} />
          <ChangeBadge metric={change.metricType} change={change.change} />
          <Flag severity={change.severity} />
          <Age timestamp={change.timestamp} />
        </li>
      ))}
    </ol>
  );
}

function AssetName({ change, href }: { change: MetricChange; href: string | undefined }) {
  return (
    <span className={styles.asset} title={change.assetId}>
      {href ? <a href={href}>{change.assetName}</a> : change.assetName}
    </span>
  );
}

function Values({ change: { metricType, previousValue, currentValue } }: { change: MetricChange }) {
  const show = metricType === "issues" ? formatCount : formatScore;
  return (
    <span className={styles.values}>
      {show(previousValue)} → <b>{show(currentValue)}</b>
    </span>
  );
}

function Flag({ severity }: { severity: string | null | undefined }) {
  const known = SEVERITIES.find((one) => one === severity);
  return (
    <span className={styles.flag}>{known && <SeverityBadge severity={known} iconOnly />}</span>
  );
}

function Age({ timestamp }: { timestamp: string }) {
  const now = useNow(1_000);
  return (
    <time dateTime={timestamp} title={formatTime(timestamp)}>
      {formatAgo(timestamp, now)}
    </time>
  );
}

import { formatChange, formatDuration, formatScore, formatTime } from "../format";
import { ALERT_TYPE_LABEL, metricLabel } from "../quality";
import type { Alert, MetricType } from "../wire";
import styles from "./AlertDrawer.module.css";

interface AlertFactsProps {
  alert: Alert;
  assetHref?: (assetId: string) => string;
}

/** What is known of an alert, one fact to a line. */
export function AlertFacts({ alert, assetHref }: AlertFactsProps) {
  const { metadata } = alert;
  const metric = metadata.metricType as MetricType | null | undefined;
  const asset = assetHref ? <a href={assetHref(alert.assetId)}>{alert.assetId}</a> : alert.assetId;
  const facts: [string, React.ReactNode][] = [
    ["Asset", asset],
    ["Type", ALERT_TYPE_LABEL[alert.alertType]],
    ["Raised", formatTime(alert.timestamp)],
  ];
  if (metric) facts.push(["Metric", metricLabel(metric)]);
  if (metadata.previousValue != null && metadata.currentValue != null) {
    const { previousValue, currentValue } = metadata;
    facts.push([
      "Value",
      `${formatScore(previousValue)} → ${formatScore(currentValue)} (${formatChange(currentValue - previousValue)})`,
    ]);
  }
  if (metadata.expectedIntervalSeconds != null) {
    facts.push(["Expected every", formatDuration(metadata.expectedIntervalSeconds)]);
  }
  if (metadata.lastSeen) facts.push(["Last seen", formatTime(metadata.lastSeen)]);
  if (alert.source) facts.push(["Source", alert.source]);
  if (alert.assignee) facts.push(["Assigned to", alert.assignee]);
  facts.push(["Rule", metadata.rule]);
  if (alert.resolution) facts.push(["Resolution", alert.resolution]);
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

import type { ReactNode } from "react";
import { formatChange, formatCount, formatDuration, formatScore, formatTime } from "../format";
import { ALERT_TYPE_LABEL, metricLabel, SEVERITY_LABEL } from "../quality";
import type { Alert, AlertMetadata, MetricType } from "../wire";
import styles from "./AlertDrawer.module.css";

interface AlertFactsProps {
  alert: Alert;
  assetHref?: (assetId: string) => string;
}

/** What is known of an alert, one fact to a line. */
export function AlertFacts({ alert, assetHref }: AlertFactsProps) {
  const asset = assetHref ? <a href={assetHref(alert.assetId)}>{alert.assetId}</a> : alert.assetId;
  const facts: [name: string, value: ReactNode][] = [
    ["Asset", asset],
    ["Type", ALERT_TYPE_LABEL[alert.alertType]],
    ["Raised", formatTime(alert.timestamp)],
    ...measured(alert.metadata),
    ["Source", alert.source],
    ["Assigned to", alert.assignee],
    ["Rule", <code key="rule">{alert.metadata.rule}</code>],
    ["Resolution", alert.resolution],
  ];
  return (
    <dl className={styles.facts}>
      {facts.map(
        ([name, value]) =>
          value && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

/** What was measured; what does not apply is null. */
function measured(metadata: AlertMetadata): [name: string, value: ReactNode][] {
  const { metricType, lastSeen, expectedIntervalSeconds, occurrences, worsenedFrom } = metadata;
  return [
    ["Metric", metricType && metricLabel(metricType as MetricType)],
    ["Value", values(metadata)],
    ["Moved by", contributions(metadata.contributions)],
    ["Not counted", metadata.leftOut?.map((one) => metricLabel(one as MetricType)).join(", ")],
    ["Occurred", occurrences && `${formatCount(occurrences)} times`],
    ["Was", worsenedFrom && `${SEVERITY_LABEL[worsenedFrom]} before`],
    ["Expected every", expectedIntervalSeconds && formatDuration(expectedIntervalSeconds)],
    ["Last seen", lastSeen && formatTime(lastSeen)],
  ];
}

function values({ metricType, previousValue, currentValue }: AlertMetadata): string | null {
  if (previousValue == null || currentValue == null) return null;
  const show = metricType === "issues" ? formatCount : formatScore;
  return `${show(previousValue)} → ${show(currentValue)} (${formatChange(currentValue - previousValue)})`;
}

/** Points by which each dimension moved a score made from them, the strongest first. */
function contributions(points: AlertMetadata["contributions"]): string | null {
  if (!points) return null;
  return Object.entries(points)
    .sort(([, a], [, b]) => Math.abs(b) - Math.abs(a))
    .map(([dimension, moved]) => `${metricLabel(dimension as MetricType)} ${formatChange(moved)}`)
    .join(", ");
}

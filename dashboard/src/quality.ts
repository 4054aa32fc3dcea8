/** The vocabulary of the field: severities, statuses, health, dimensions, in order and in words. */
import type { AlertStatus, AlertType, MetricType, Severity } from "./wire";

/** Worst first. */
export const SEVERITIES: readonly Severity[] = ["critical", "high", "medium", "low"];

export const SEVERITY_RANK: Readonly<Record<Severity, number>> = {
  critical: 3,
  high: 2,
  medium: 1,
  low: 0,
};

export const SEVERITY_LABEL: Readonly<Record<Severity, string>> = {
  critical: "Critical",
  high: "High",
  medium: "Medium",
  low: "Low",
};

export const STATUSES: readonly AlertStatus[] = ["active", "acknowledged", "resolved", "ignored"];

export const STATUS_LABEL: Readonly<Record<AlertStatus, string>> = {
  active: "Active",
  acknowledged: "Acknowledged",
  resolved: "Resolved",
  ignored: "Ignored",
};

export const ALERT_TYPES: readonly AlertType[] = [
  "sudden_drop",
  "threshold_breach",
  "new_issues",
  "score_improvement",
  "issue_resolved",
  "profiling_complete",
];

export const ALERT_TYPE_LABEL: Readonly<Record<AlertType, string>> = {
  sudden_drop: "Sudden drop",
  threshold_breach: "Threshold breach",
  new_issues: "New issues",
  score_improvement: "Score improvement",
  issue_resolved: "Issues resolved",
  profiling_complete: "Profiling complete",
};

/** Quality dimensions, in the order they are always shown. */
export const DIMENSIONS: readonly MetricType[] = [
  "completeness",
  "accuracy",
  "consistency",
  "timeliness",
  "uniqueness",
  "validity",
  "integrity",
];

const METRICS: Partial<Record<MetricType, string>> = { score: "Score", issues: "Open issues" };

export function metricLabel(metric: MetricType): string {
  return METRICS[metric] ?? metric.charAt(0).toUpperCase() + metric.slice(1);
}

export type Health = "good" | "fair" | "poor" | "unknown";

/** Lower bounds of the health bands, in points of score. */
export const HEALTH_BOUNDS = { good: 90, fair: 75 } as const;

export const HEALTH_LABEL: Readonly<Record<Health, string>> = {
  good: "Healthy",
  fair: "Needs attention",
  poor: "Poor",
  unknown: "No score yet",
};

export function healthOf(score: number | null | undefined): Health {
  if (score === null || score === undefined) return "unknown";
  if (score >= HEALTH_BOUNDS.good) return "good";
  return score >= HEALTH_BOUNDS.fair ? "fair" : "poor";
}

/** Whether a move of a metric is for the better: scores up, issues down; 0 where it did not move. */
export function improvement(metric: MetricType, change: number): -1 | 0 | 1 {
  if (change === 0) return 0;
  const better = metric === "issues" ? change < 0 : change > 0;
  return better ? 1 : -1;
}

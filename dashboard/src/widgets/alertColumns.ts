import type { Column } from "../export/table";
import type { Alert } from "../wire";

/** An alert as a row of an exported file. */
export const ALERT_COLUMNS: readonly Column<Alert>[] = [
  { name: "id", value: (alert) => alert.id },
  { name: "timestamp", value: (alert) => alert.timestamp },
  { name: "severity", value: (alert) => alert.severity },
  { name: "status", value: (alert) => alert.status },
  { name: "alertType", value: (alert) => alert.alertType },
  { name: "assetId", value: (alert) => alert.assetId },
  { name: "assetName", value: (alert) => alert.assetName },
  { name: "message", value: (alert) => alert.message },
  { name: "metricType", value: (alert) => alert.metadata.metricType },
  { name: "previousValue", value: (alert) => alert.metadata.previousValue },
  { name: "currentValue", value: (alert) => alert.metadata.currentValue },
  { name: "change", value: (alert) => alert.metadata.change },
  { name: "source", value: (alert) => alert.source },
  { name: "assignee", value: (alert) => alert.assignee },
  { name: "resolution", value: (alert) => alert.resolution },
  { name: "comment", value: (alert) => alert.comment },
  { name: "changedBy", value: (alert) => alert.changedBy },
  { name: "changedAt", value: (alert) => alert.changedAt },
];

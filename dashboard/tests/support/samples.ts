import type { Alert, Asset, MetricChange, Stats } from "../../src/wire";

let serial = 0;

export function anAlert(part: Partial<Alert> = {}): Alert {
  const number = ++serial;
  const timestamp = part.timestamp ?? `2026-01-01T00:00:${String(number % 60).padStart(2, "0")}Z`;
  return {
    id: `alert-${number}`,
    assetId: "warehouse.sales.orders",
    assetName: "orders",
    alertType: "sudden_drop",
    message: `Score of orders fell by ${number} points`,
    severity: "critical",
    status: "active",
    timestamp,
    metadata: { rule: "score_drop", metricType: "score", previousValue: 95, currentValue: 70 },
    stepId: `step-${number}`,
    changedAt: timestamp,
    changedBy: "pipeline",
    ...part,
  };
}

/** The same alert after a later step. */
export function afterStep(alert: Alert, part: Partial<Alert>): Alert {
  const number = ++serial;
  return { ...alert, stepId: `step-${number}`, changedAt: "2026-01-01T00:10:00Z", ...part };
}

export function aChange(part: Partial<MetricChange> = {}): MetricChange {
  const number = ++serial;
  return {
    assetId: "warehouse.sales.orders",
    assetName: "orders",
    metricType: "score",
    previousValue: 90,
    currentValue: 80,
    change: -10,
    changePercent: -11.1,
    timestamp: `2026-01-01T00:00:${String(number % 60).padStart(2, "0")}Z`,
    eventId: `event-${number}`,
    ...part,
  };
}

export function someStats(part: Partial<Stats> = {}): Stats {
  return {
    totalAssets: 10,
    avgQualityScore: 90,
    openIssues: 3,
    alertsBySeverity: { critical: 1, high: 0, medium: 2, low: 0 },
    recentlyMonitored: 9,
    timestamp: "2026-01-01T00:00:00Z",
    ...part,
  };
}

export function anAsset(part: Partial<Asset> = {}): Asset {
  return {
    assetId: "warehouse.sales.orders",
    assetName: "orders",
    firstSeen: "2025-12-01T00:00:00Z",
    lastSeen: "2026-01-01T00:00:00Z",
    activeAlerts: 0,
    score: 90,
    issues: 0,
    ...part,
  };
}

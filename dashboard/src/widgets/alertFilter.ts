/** What the alerts panel shows, as it stands in the URL. */
import { matchesGlob } from "../live/glob";
import { ALERT_TYPES, SEVERITIES } from "../quality";
import type { Alert, AlertStatus, AlertType, Severity } from "../wire";

export type AlertView = "active" | "acknowledged" | "history" | "all";

export const VIEWS: readonly { value: AlertView; label: string }[] = [
  { value: "active", label: "Active" },
  { value: "acknowledged", label: "Acknowledged" },
  { value: "history", label: "History" },
  { value: "all", label: "All" },
];

/** Statuses of a view; none means every status. */
export const VIEW_STATUSES: Readonly<Record<AlertView, readonly AlertStatus[]>> = {
  active: ["active"],
  acknowledged: ["acknowledged"],
  history: ["resolved", "ignored"],
  all: [],
};

export interface AlertFilter {
  view: AlertView;
  /** None means all. */
  severities: readonly Severity[];
  type: AlertType | "";
  /** Asset id or glob pattern. */
  asset: string;
  text: string;
}

export const NO_FILTER: AlertFilter = {
  view: "active",
  severities: [],
  type: "",
  asset: "",
  text: "",
};

export function parseFilter(search: string): AlertFilter {
  const params = new URLSearchParams(search);
  const view = params.get("view");
  const type = params.get("type");
  const named = (params.get("severity") ?? "").split(",");
  return {
    view: VIEWS.find(({ value }) => value === view)?.value ?? NO_FILTER.view,
    severities: SEVERITIES.filter((severity) => named.includes(severity)),
    type: ALERT_TYPES.find((known) => known === type) ?? "",
    asset: params.get("asset") ?? "",
    text: params.get("q") ?? "",
  };
}

/** The query string of a filter, without its question mark; what is default is left out. */
export function formatFilter(filter: AlertFilter): string {
  const params = new URLSearchParams();
  if (filter.view !== NO_FILTER.view) params.set("view", filter.view);
  if (filter.severities.length) params.set("severity", filter.severities.join(","));
  if (filter.type) params.set("type", filter.type);
  if (filter.asset) params.set("asset", filter.asset);
  if (filter.text) params.set("q", filter.text);
  return params.toString();
}

export function isFiltered(filter: AlertFilter): boolean {
  return Boolean(filter.severities.length || filter.type || filter.asset || filter.text);
}

/** Everything but the text, which the server's full-text search knows better. */
export function matchesFields(filter: AlertFilter, alert: Alert): boolean {
  const statuses = VIEW_STATUSES[filter.view];
  return (
    (statuses.length === 0 || statuses.includes(alert.status)) &&
    (filter.severities.length === 0 || filter.severities.includes(alert.severity)) &&
    (filter.type === "" || filter.type === alert.alertType) &&
    (filter.asset === "" || matchesGlob(filter.asset, alert.assetId))
  );
}

/** Every word of the text occurs in the alert. */
export function matchesText(filter: AlertFilter, alert: Alert): boolean {
  if (!filter.text.trim()) return true;
  const { message, assetId, assetName, source, comment, resolution, assignee } = alert;
  const haystack = [message, assetId, assetName, source, comment, resolution, assignee]
    .join("\n")
    .toLowerCase();
  return filter.text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => haystack.includes(word));
}

/** Readings of the edge's REST, one function per endpoint. */
import type {
  Alert,
  AlertStatus,
  AlertType,
  Asset,
  AssetDimensions,
  AssetThresholds,
  AuditEntry,
  CurrentMetric,
  Forecast,
  HistoryPoint,
  Identity,
  MetricType,
  Severity,
  SocketStats,
  Stats,
  System,
  TrendPoint,
} from "../wire";
import { type Endpoint, Problem, type Query, queryString, request } from "./client";

/** A page of a list; `nextCursor` asks for what follows. */
export interface Page<T> {
  data: T[];
  count: number;
  nextCursor: string | null;
}

async function one<T>(endpoint: Endpoint, path: string, signal?: AbortSignal): Promise<T> {
  return (await request<{ data: T }>(endpoint, "GET", path, { signal })).data;
}

function page<T>(
  endpoint: Endpoint,
  path: string,
  query: Query,
  signal?: AbortSignal,
): Promise<Page<T>> {
  return request<Page<T>>(endpoint, "GET", path, { query, signal });
}

/** Pages one after the other, until there are `most` items or no more to be had. */
async function pages<T>(most: number, fetch: (cursor: string | null) => Promise<Page<T>>) {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const { data, nextCursor }: Page<T> = await fetch(cursor);
    items.push(...data);
    cursor = nextCursor;
  } while (cursor !== null && items.length < most);
  return items;
}

export function getStats(endpoint: Endpoint, signal?: AbortSignal): Promise<Stats> {
  return one(endpoint, "/stats", signal);
}

export function getSystem(endpoint: Endpoint, signal?: AbortSignal): Promise<System> {
  return one(endpoint, "/system", signal);
}

export function getSocketStats(endpoint: Endpoint, signal?: AbortSignal): Promise<SocketStats> {
  return one(endpoint, "/ws/stats", signal);
}

export function getIdentity(endpoint: Endpoint, signal?: AbortSignal): Promise<Identity> {
  return one(endpoint, "/me", signal);
}

export interface AlertQuery {
  status?: readonly AlertStatus[];
  severity?: readonly Severity[];
  alertType?: AlertType | "";
  assetId?: string;
  query?: string;
}

export const ALERTS_PAGE = 200;

export function getAlerts(
  endpoint: Endpoint,
  query: AlertQuery,
  cursor: string | null,
  signal?: AbortSignal,
): Promise<Page<Alert>> {
  return page(endpoint, "/alerts", { ...query, limit: ALERTS_PAGE, cursor }, signal);
}

export function getAlert(endpoint: Endpoint, id: string, signal?: AbortSignal): Promise<Alert> {
  return one(endpoint, `/alerts/${encodeURIComponent(id)}`, signal);
}

export async function getAudit(
  endpoint: Endpoint,
  id: string,
  signal?: AbortSignal,
): Promise<AuditEntry[]> {
  const path = `/alerts/${encodeURIComponent(id)}/audit`;
  return (await page<AuditEntry>(endpoint, path, {}, signal)).data;
}

const ASSETS_PAGE = 1_000;

/** Every asset the caller may see, up to `most`. */
export function getAssets(endpoint: Endpoint, most: number, signal?: AbortSignal) {
  return pages<Asset>(most, (cursor) =>
    page(endpoint, "/assets", { limit: ASSETS_PAGE, cursor }, signal),
  );
}

export function getAsset(endpoint: Endpoint, id: string, signal?: AbortSignal): Promise<Asset> {
  return one(endpoint, `/assets/${encodeURIComponent(id)}`, signal);
}

/** Current values of one asset. `[` is escaped: an id is no pattern here. */
export async function getMetrics(
  endpoint: Endpoint,
  assetId: string,
  signal?: AbortSignal,
): Promise<CurrentMetric[]> {
  const query = { assetId: literal(assetId), limit: 100 };
  return (await page<CurrentMetric>(endpoint, "/metrics", query, signal)).data;
}

export async function getDimensions(
  endpoint: Endpoint,
  assetId: string,
  signal?: AbortSignal,
): Promise<AssetDimensions | null> {
  const query = { assetId: literal(assetId), limit: 1 };
  return (await page<AssetDimensions>(endpoint, "/dimensions", query, signal)).data[0] ?? null;
}

export function getThresholds(
  endpoint: Endpoint,
  assetId: string,
  signal?: AbortSignal,
): Promise<AssetThresholds> {
  return one(endpoint, `/thresholds${queryString({ assetId })}`, signal);
}

const HISTORY_PAGE = 1_000;

export interface HistoryQuery {
  assetId: string;
  metricType: MetricType;
  /** RFC 3339; inclusive. */
  since?: string;
  /** RFC 3339; exclusive. */
  until?: string;
}

/** Recorded values, oldest first: the newest `most` of them. */
export async function getHistory(
  endpoint: Endpoint,
  query: HistoryQuery,
  most: number,
  signal?: AbortSignal,
): Promise<HistoryPoint[]> {
  const limit = Math.min(most, HISTORY_PAGE);
  const newestFirst = await pages<HistoryPoint>(most, (cursor) =>
    page(endpoint, "/metrics/history", { ...query, limit, cursor }, signal),
  );
  return newestFirst.reverse();
}

export interface TrendQuery {
  /** Of all assets together without one. */
  assetId?: string;
  /** Default: the score. */
  metricType?: MetricType;
  /** A number of hours, days or weeks, such as `6h`. Default: a day. */
  bucket?: string;
  days?: number;
  /** RFC 3339; instead of `days`. */
  since?: string;
}

/** A metric bucket by bucket, oldest first; buckets without a value are left out. */
export async function getTrends(
  endpoint: Endpoint,
  query: TrendQuery,
  signal?: AbortSignal,
): Promise<TrendPoint[]> {
  const asked = { ...query, assetId: query.assetId && literal(query.assetId) };
  return (await page<TrendPoint>(endpoint, "/trends", asked, signal)).data;
}

/** What is to come of an asset's score or issues; null where no forecast was made. */
export async function getForecast(
  endpoint: Endpoint,
  assetId: string,
  metricType: "score" | "issues",
  signal?: AbortSignal,
): Promise<Forecast | null> {
  try {
    return await one(endpoint, `/forecast${queryString({ assetId, metricType })}`, signal);
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}

/** The pattern that matches this id alone. */
function literal(assetId: string): string {
  return assetId.replace(/[*?[]/g, "[$&]");
}

/** How one metric of an asset went over a range: every value or, where those are many, by buckets. */
import { inOrder, MOST_POINTS, type Point, toPoint } from "../charts/history";
import { BUCKETS, type Bucket, type RangeName, startOf } from "../charts/range";
import type { Endpoint } from "../rest/client";
import { getHistory, getTrends } from "../rest/quality";
import type { MetricType, TrendPoint } from "../wire";

export interface MetricHistory {
  /** The values or, of buckets, their means; oldest first. */
  points: readonly Point[];
  /** The buckets, and the lowest and highest value of each; null where every value is there. */
  spread: Spread | null;
}

export interface Spread {
  bucket: Bucket;
  low: readonly Point[];
  high: readonly Point[];
}

export interface HistoryRequest {
  assetId: string;
  metricType: MetricType;
  range: RangeName;
}

/** With more values than this, a range that has buckets is shown by them. */
const MANY_VALUES = 5_000;
/** Values may be kept for a shorter time than buckets: with fewer of them than this share, they are. */
const COMPLETE = 0.9;

export async function getMetricHistory(
  endpoint: Endpoint,
  request: HistoryRequest,
  signal?: AbortSignal,
): Promise<MetricHistory> {
  const { assetId, metricType, range } = request;
  const bucket = BUCKETS[range];
  const query = { assetId, metricType, since: startOf(range) };
  if (bucket === null) return everyValue(await getHistory(endpoint, query, MOST_POINTS, signal));
  const trend = await getTrends(endpoint, { ...query, bucket: bucket.name }, signal);
  const count = trend.reduce((sum, one) => sum + one.count, 0);
  if (count > MANY_VALUES) return byBuckets(trend, bucket);
  const values = await getHistory(endpoint, query, MANY_VALUES, signal);
  return values.length < count * COMPLETE ? byBuckets(trend, bucket) : everyValue(values);
}

function everyValue(values: Parameters<typeof toPoint>[0][]): MetricHistory {
  return { points: inOrder(values.map(toPoint)), spread: null };
}

/** A bucket stands in the middle of its time, the current one where it has come to. */
function byBuckets(trend: readonly TrendPoint[], bucket: Bucket): MetricHistory {
  const now = Date.now() / 1000;
  const row = (pick: (point: TrendPoint) => number) =>
    trend.map((point) => ({
      time: Math.min(Date.parse(point.start) / 1000 + bucket.seconds / 2, now),
      value: pick(point),
    }));
  return {
    points: row(({ average }) => average),
    spread: { bucket, low: row(({ minimum }) => minimum), high: row(({ maximum }) => maximum) },
  };
}

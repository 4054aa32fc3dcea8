/** Time ranges a chart can show. */

export type RangeName = "1h" | "24h" | "7d" | "30d" | "90d" | "1y";

export const RANGES: readonly { value: RangeName; label: string }[] = [
  { value: "1h", label: "1 h" },
  { value: "24h", label: "24 h" },
  { value: "7d", label: "7 d" },
  { value: "30d", label: "30 d" },
  { value: "90d", label: "90 d" },
  { value: "1y", label: "1 y" },
];

const HOUR = 3_600;
const DAY = 24 * HOUR;

/** Length of a range, seconds. */
export const RANGE_SECONDS: Readonly<Record<RangeName, number>> = {
  "1h": HOUR,
  "24h": DAY,
  "7d": 7 * DAY,
  "30d": 30 * DAY,
  "90d": 90 * DAY,
  "1y": 365 * DAY,
};

/** A stretch of time whose values are told together. */
export interface Bucket {
  /** As the API takes it. */
  name: string;
  seconds: number;
  /** "hourly", for a legend. */
  adverb: string;
}

const HOURLY: Bucket = { name: "1h", seconds: HOUR, adverb: "hourly" };
const DAILY: Bucket = { name: "1d", seconds: DAY, adverb: "daily" };

/** Buckets fine enough for a range; null where every value is wanted. */
export const BUCKETS: Readonly<Record<RangeName, Bucket | null>> = {
  "1h": null,
  "24h": null,
  "7d": HOURLY,
  "30d": HOURLY,
  "90d": { name: "4h", seconds: 4 * HOUR, adverb: "four-hourly" },
  "1y": DAILY,
};

/** RFC 3339 time at which a range that ends now begins. */
export function startOf(range: RangeName): string {
  return new Date(Date.now() - RANGE_SECONDS[range] * 1000).toISOString();
}

export type Window = readonly [min: number, max: number];

/** Move a window by a share of its length, kept within `bounds`. */
export function pan(window: Window, bounds: Window, share: number): Window {
  const length = window[1] - window[0];
  const min = Math.min(Math.max(window[0] + share * length, bounds[0]), bounds[1] - length);
  return [min, min + length];
}

/** Scale a window about its middle, kept within `bounds`; null once it covers them. */
export function zoom(window: Window, bounds: Window, factor: number): Window | null {
  const middle = (window[0] + window[1]) / 2;
  const half = ((window[1] - window[0]) * factor) / 2;
  const min = Math.max(bounds[0], middle - half);
  const max = Math.min(bounds[1], middle + half);
  return min <= bounds[0] && max >= bounds[1] ? null : [min, max];
}

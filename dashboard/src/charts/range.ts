/** Time ranges a chart can show. */

export type RangeName = "1h" | "24h" | "7d" | "30d" | "90d";

export const RANGES: readonly { value: RangeName; label: string }[] = [
  { value: "1h", label: "1 h" },
  { value: "24h", label: "24 h" },
  { value: "7d", label: "7 d" },
  { value: "30d", label: "30 d" },
  { value: "90d", label: "90 d" },
];

const HOUR = 3_600;

/** Length of a range, seconds. */
export const RANGE_SECONDS: Readonly<Record<RangeName, number>> = {
  "1h": HOUR,
  "24h": 24 * HOUR,
  "7d": 7 * 24 * HOUR,
  "30d": 30 * 24 * HOUR,
  "90d": 90 * 24 * HOUR,
};

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

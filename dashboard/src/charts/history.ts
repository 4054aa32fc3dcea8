import type { AlignedData } from "uplot";
import uPlot from "uplot";
import type { HistoryPoint } from "../wire";

/** A recorded value: seconds since the epoch, and what it was. */
export interface Point {
  time: number;
  value: number;
}

export function toPoint({ timestamp, value }: HistoryPoint): Point {
  return { time: Date.parse(timestamp) / 1000, value };
}

/** Most points a chart holds before the oldest go. */
export const MOST_POINTS = 50_000;

/** Points by time, each time once; of two at one time the later given holds. */
export function inOrder(points: readonly Point[]): Point[] {
  const byTime = new Map<number, Point>();
  for (const point of points) byTime.set(point.time, point);
  return [...byTime.values()].sort((a, b) => a.time - b.time);
}

/** Add what arrived live behind what was recorded; recorded and live may overlap. */
export function append(recorded: readonly Point[], live: readonly Point[]): readonly Point[] {
  if (live.length === 0) return recorded;
  const end = recorded.at(-1)?.time ?? Number.NEGATIVE_INFINITY;
  const inSequence = live.every((point, index) => point.time > (live[index - 1]?.time ?? end));
  const joined = inSequence ? [...recorded, ...live] : inOrder([...recorded, ...live]);
  return joined.length > MOST_POINTS ? joined.slice(-MOST_POINTS) : joined;
}

/** Rows for the chart: all times, then one row of values per series, null where it has none. */
export function aligned(series: readonly (readonly Point[])[]): AlignedData {
  const tables = series.map(
    (points) =>
      [points.map((point) => point.time), points.map((point) => point.value)] as AlignedData,
  );
  const [only] = tables;
  if (!only) return [[]];
  return tables.length === 1 ? only : uPlot.join(tables);
}

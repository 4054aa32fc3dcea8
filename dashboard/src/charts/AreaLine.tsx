import styles from "./AreaLine.module.css";
import type { Point } from "./history";

interface AreaLineProps {
  /** Oldest first; the last value holds until `to`. */
  points: readonly Point[];
  /** The time axis, in the time of the points. */
  from: number;
  to: number;
  /** The value axis. */
  low: number;
  high: number;
  height: number;
}

const WIDTH = 400;

/** A line over a tinted area, as wide as its box. Decoration: figures beside it say the same. */
export function AreaLine({ points, height, ...axes }: AreaLineProps) {
  const line = linePath(points, { ...axes, height });
  return (
    <svg
      className={styles.chart}
      style={{ height }}
      viewBox={`0 0 ${WIDTH} ${height}`}
      preserveAspectRatio="none"
      aria-hidden
    >
      {line && <path className={styles.area} d={`${line}V${height}H0Z`} />}
      {line && <path className={styles.line} d={line} />}
    </svg>
  );
}

/** SVG path from edge to edge; empty without points. */
export function linePath(
  points: readonly Point[],
  { from, to, low, high, height }: Omit<AreaLineProps, "points">,
): string {
  const [first] = points;
  if (!first) return "";
  const x = (time: number) => round(clamp((time - from) / (to - from || 1)) * WIDTH);
  const y = (value: number) => round((1 - clamp((value - low) / (high - low || 1))) * height);
  const steps = points.map(({ time, value }) => `L${x(time)},${y(value)}`);
  return `M0,${y(first.value)}${steps.join("")}H${WIDTH}`;
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

import { memo } from "react";
import styles from "./Sparkline.module.css";

interface SparklineProps {
  /** Oldest first. */
  values: readonly number[];
  width?: number;
  height?: number;
  tone?: "good" | "fair" | "poor" | "unknown";
}

/** Least height of the value axis, so that noise does not look like a cliff. */
const LEAST_SPAN = 10;

/** A line the size of a word. Decoration: the figures beside it say the same. */
export const Sparkline = memo(function Sparkline({
  values,
  width = 96,
  height = 24,
  tone = "unknown",
}: SparklineProps) {
  if (values.length < 2) {
    return <span className={styles.none} style={{ width, height }} aria-hidden />;
  }
  const path = sparkPath(values, width, height);
  const [x, y] = path.at(-1) ?? [0, 0];
  return (
    <svg
      className={`${styles.spark} ${styles[tone]}`}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      aria-hidden
    >
      <polyline points={path.map((point) => point.join(",")).join(" ")} />
      <circle cx={x} cy={y} r={2} />
    </svg>
  );
});

/** Points of the line in a box of `width` x `height` with room for its stroke. */
export function sparkPath(
  values: readonly number[],
  width: number,
  height: number,
): [number, number][] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const span = Math.max(high - low, LEAST_SPAN);
  const floor = (low + high - span) / 2;
  const room = 3;
  return values.map((value, index) => [
    round(room + (index / (values.length - 1)) * (width - 2 * room)),
    round(height - room - ((value - floor) / span) * (height - 2 * room)),
  ]);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

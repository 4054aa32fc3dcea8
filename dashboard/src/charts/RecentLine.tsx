import { formatDuration, formatScore } from "../format";
import type { Health } from "../quality";
import type { Point } from "./history";
import styles from "./RecentLine.module.css";

interface RecentLineProps {
  /** Oldest first; the last value holds until `now`. */
  points: readonly Point[];
  /** Seconds since the epoch. */
  now: number;
  tone: Health;
}

const WIDTH = 400;
const HEIGHT = 100;
/** Least height of the value axis, points of score, and least width of the time axis, s. */
const LEAST_RISE = 2;
const LEAST_SPAN = 60;

/** The score of the last minutes as a line that fills its box, with its range in words. */
export function RecentLine({ points, now, tone }: RecentLineProps) {
  const [first] = points;
  if (!first) return null;
  const values = points.map(({ value }) => value);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const line = linePath(points, now, low, high);
  const span = formatDuration(Math.max(now - first.time, 1));
  return (
    <figure className={`${styles.recent} ${styles[tone]}`}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden>
        <path className={styles.area} d={`${line} V${HEIGHT} H0 Z`} />
        <path className={styles.line} d={line} />
      </svg>
      <figcaption>
        <span>Last {span}</span>
        <span>
          {low === high
            ? `steady at ${formatScore(low)}`
            : `${formatScore(low)} to ${formatScore(high)}`}
        </span>
      </figcaption>
    </figure>
  );
}

function linePath(points: readonly Point[], now: number, low: number, high: number): string {
  const start = Math.min(points[0]?.time ?? now, now - LEAST_SPAN);
  const rise = Math.max(high - low, LEAST_RISE) * 1.2;
  const floor = (high + low - rise) / 2;
  const x = (time: number) => round(((time - start) / (now - start)) * WIDTH);
  const y = (value: number) => round(HEIGHT - ((value - floor) / rise) * HEIGHT);
  const before = `M0,${y(points[0]?.value ?? 0)}`;
  const steps = points.map(({ time, value }) => `L${x(Math.min(time, now))},${y(value)}`);
  return `${before}${steps.join("")}H${WIDTH}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

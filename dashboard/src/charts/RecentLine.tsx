import { formatDuration, formatScore } from "../format";
import type { Health } from "../quality";
import { AreaLine } from "./AreaLine";
import type { Point } from "./history";
import styles from "./RecentLine.module.css";

interface RecentLineProps {
  /** Oldest first; the last value holds until `now`. */
  points: readonly Point[];
  /** Seconds since the epoch. */
  now: number;
  tone: Health;
}

/** Least height of the value axis, points of score, and least width of the time axis, s. */
const LEAST_RISE = 2;
const LEAST_SPAN = 60;

/** The score of the last minutes as a line, with its range in words. */
export function RecentLine({ points, now, tone }: RecentLineProps) {
  const [first] = points;
  if (!first) return null;
  const values = points.map(({ value }) => value);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const slack = Math.max((high - low) * 0.1, (LEAST_RISE - high + low) / 2);
  return (
    <figure className={`${styles.recent} ${styles[tone]}`}>
      <AreaLine
        points={points}
        from={Math.min(first.time, now - LEAST_SPAN)}
        to={now}
        low={low - slack}
        high={high + slack}
        height={84}
      />
      <figcaption>
        <span>Last {formatDuration(Math.max(now - first.time, 1))}</span>
        <span>
          {formatScore(low) === formatScore(high)
            ? `steady at ${formatScore(low)}`
            : `${formatScore(low)} to ${formatScore(high)}`}
        </span>
      </figcaption>
    </figure>
  );
}

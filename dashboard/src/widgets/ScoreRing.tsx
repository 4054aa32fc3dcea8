import { formatScore } from "../format";
import { healthOf } from "../quality";
import styles from "./ScoreRing.module.css";

const SIZE = 132;
const STROKE = 10;
const RADIUS = (SIZE - STROKE) / 2;
const CIRCUMFERENCE = 2 * Math.PI * RADIUS;

/** A score of 0-100 in large figures, ringed by its share. */
export function ScoreRing({ score }: { score: number | null }) {
  const share = (score ?? 0) / 100;
  return (
    <div className={`${styles.ring} ${styles[healthOf(score)]}`}>
      <svg width={SIZE} height={SIZE} viewBox={`0 0 ${SIZE} ${SIZE}`} aria-hidden>
        <circle className={styles.track} cx={SIZE / 2} cy={SIZE / 2} r={RADIUS} />
        {share > 0 && (
          <circle
            className={styles.share}
            cx={SIZE / 2}
            cy={SIZE / 2}
            r={RADIUS}
            strokeDasharray={`${share * CIRCUMFERENCE} ${CIRCUMFERENCE}`}
          />
        )}
      </svg>
      <div className={styles.figure}>
        <span className={styles.score} data-testid="overall-score">
          {formatScore(score)}
        </span>
        <span className={styles.of}>of 100</span>
      </div>
    </div>
  );
}

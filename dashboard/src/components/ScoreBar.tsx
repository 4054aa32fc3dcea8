import { formatScore } from "../format";
import { HEALTH_LABEL, healthOf } from "../quality";
import styles from "./ScoreBar.module.css";

/** A score as a figure and a bar; its health in the title, its length and its colour. */
export function ScoreBar({ score }: { score: number | null | undefined }) {
  const health = healthOf(score);
  return (
    <span className={`${styles.bar} ${styles[health]}`} title={HEALTH_LABEL[health]}>
      <span className={styles.figure}>{formatScore(score)}</span>
      <span className={styles.track} aria-hidden>
        <i style={{ width: `${score ?? 0}%` }} />
      </span>
    </span>
  );
}

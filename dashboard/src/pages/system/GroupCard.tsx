import { CircleX, TriangleAlert } from "lucide-react";
import { AreaLine } from "../../charts/AreaLine";
import type { Point } from "../../charts/history";
import { Card } from "../../components/Card";
import { formatCount, formatRate } from "../../format";
import type { GroupState, PartitionLag } from "../../wire";
import styles from "./System.module.css";

interface GroupCardProps {
  title: string;
  /** What the group does, in words. */
  duty: string;
  /** Null: Kafka could not tell. */
  group: GroupState | null;
  /** Records behind since the page was opened, oldest first. */
  samples: readonly Point[];
}

/** How far a consumer group is behind, and where. */
export function GroupCard({ title, duty, group, samples }: GroupCardProps) {
  return (
    <Card title={title} aside={group && standing(group)}>
      <div className={styles.group}>
        <p className={styles.muted}>This stage {duty}.</p>
        {group ? (
          <>
            <p className={styles.figures}>
              <span>
                <strong className={styles.large}>{formatCount(group.lag)}</strong>{" "}
                <small className={styles.muted}>
                  {group.lag === 1 ? "record" : "records"} waiting
                </small>
              </span>
              <span>
                <strong className={styles.large}>{formatRate(group.recordsPerSecond)}</strong>{" "}
                <small className={styles.muted}>a second</small>
              </span>
            </p>
            <Unread group={group} />
            <AreaLine
              points={samples}
              from={samples[0]?.time ?? 0}
              to={samples.at(-1)?.time ?? 1}
              low={0}
              high={Math.max(10, ...samples.map(({ value }) => value)) * 1.15}
              height={40}
            />
            <details>
              <summary>By partition</summary>
              <Partitions title={title} partitions={group.partitions} />
            </details>
          </>
        ) : (
          <p>Kafka could not tell of this stage just now. It is asked again every few seconds.</p>
        )}
      </div>
    </Card>
  );
}

/** Records that Kafka deleted before the group read them, or soon will. */
function Unread({ group }: { group: GroupState }) {
  const { lost = 0, expiring = 0 } = group;
  return (
    <>
      {lost > 0 && (
        <p role="alert" className={styles.lost}>
          <CircleX aria-hidden />
          <span>
            <strong>{formatCount(lost)}</strong> {lost === 1 ? "record was" : "records were"}{" "}
            deleted by Kafka’s retention before this stage read {lost === 1 ? "it" : "them"}.
          </span>
        </p>
      )}
      {expiring > 0 && (
        <p role="status" className={styles.expiring}>
          <TriangleAlert aria-hidden />
          <span>
            <strong>{formatCount(expiring)}</strong> waiting{" "}
            {expiring === 1 ? "record is" : "records are"} about to be deleted by Kafka’s retention.
          </span>
        </p>
      )}
    </>
  );
}

function standing({ members, state }: GroupState): string {
  if (members === 0) return "None runs";
  return `${members === 1 ? "1 process" : `${members} processes`}, ${state.toLowerCase()}`;
}

function Partitions({ title, partitions }: { title: string; partitions: readonly PartitionLag[] }) {
  return (
    <section
      className={styles.scroll}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
      tabIndex={0}
      aria-label={`${title}, partitions`}
    >
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Topic</th>
            <th scope="col">Partition</th>
            <th scope="col">Done</th>
            <th scope="col">End</th>
            <th scope="col">Waiting</th>
          </tr>
        </thead>
        <tbody>
          {partitions.map(({ topic, partition, committed, end, lag }) => (
            <tr key={`${topic} ${partition}`}>
              <td>{topic}</td>
              <td>{partition}</td>
              <td>{formatCount(committed)}</td>
              <td>{formatCount(end)}</td>
              <td>{formatCount(lag)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

import { Card, Figure, Figures } from "../../components/Card";
import { CopyBlock } from "../../components/CopyBlock";
import { formatCount } from "../../format";
import type { System } from "../../wire";
import styles from "./System.module.css";

/** What was refused, and what has yet to be delivered. */
export function LeftoversCard({ system }: { system: System }) {
  const { deadLetters, outbox, edgeLag } = system;
  return (
    <Card title="Refused and waiting">
      <div className={styles.group}>
        <Figures>
          <Figure
            label="Dead letters"
            value={formatCount(deadLetters)}
            note={deadLetters === 0 ? "no record was refused" : "records refused"}
          />
          <Figure label="Outbox" value={formatCount(outbox)} note="steps to be published" />
          <Figure label="Edge" value={formatCount(edgeLag)} note="records to be shown" />
        </Figures>
        {deadLetters !== null && deadLetters > 0 && (
          <>
            <p className={styles.muted}>See what was refused and why, and send it back:</p>
            <CopyBlock text="tidemark dead-letters list" />
          </>
        )}
      </div>
    </Card>
  );
}

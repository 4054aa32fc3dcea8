import { BellOff, Pencil } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "../../components/Button";
import { Card } from "../../components/Card";
import { EmptyState, Failure, Skeleton } from "../../components/Feedback";
import { useNow } from "../../components/useNow";
import { formatMinute } from "../../format";
import { endSilence, getHeld, getSilences } from "../../rest/routing";
import { SilenceDialog } from "../../widgets/SilenceDialog";
import { selectorOf, typesOf } from "../../widgets/silences";
import { useMayStep } from "../../widgets/useMayStep";
import { useChange, useRouting } from "../../widgets/useRouting";
import type { Silence } from "../../wire";
import styles from "./Routing.module.css";

const EVERY = 15_000;

/** What nobody is told of just now. */
export function SilencesCard() {
  const silences = useRouting("silences", getSilences, EVERY);
  const mayStep = useMayStep();
  const [edited, setEdited] = useState<Silence | "new" | null>(null);
  const add = mayStep && (
    <Button size="s" icon={<BellOff aria-hidden />} onClick={() => setEdited("new")}>
      Silence
    </Button>
  );
  return (
    <Card title="Silences" aside={add} flush>
      {silences.error ? (
        <Failure error={silences.error} retry={silences.refetch} />
      ) : !silences.data ? (
        <Skeleton />
      ) : silences.data.length === 0 ? (
        <EmptyState title="Nothing is silenced">
          A silence keeps known trouble from being told until a time. Open an alert to silence
          others like it.
        </EmptyState>
      ) : (
        <ul className={styles.rows}>
          {silences.data.map((silence) => (
            <SilenceRow
              key={silence.id}
              silence={silence}
              mayStep={mayStep}
              onEdit={() => setEdited(silence)}
            />
          ))}
        </ul>
      )}
      <Held />
      {edited !== null && (
        <SilenceDialog
          before={edited === "new" ? undefined : edited}
          onClose={() => setEdited(null)}
        />
      )}
    </Card>
  );
}

interface SilenceRowProps {
  silence: Silence;
  mayStep: boolean;
  onEdit: () => void;
}

function SilenceRow({ silence, mayStep, onEdit }: SilenceRowProps) {
  const end = useChange(endSilence);
  const now = useNow(5_000);
  const selector = selectorOf(silence);
  const toCome = Date.parse(silence.startsAt) > now;
  const ending = toCome ? "Take back" : "End now";
  return (
    <li>
      <span className={styles.what}>
        <strong>{selector}</strong>
        <span className={styles.muted}>
          {toCome && `from ${formatMinute(silence.startsAt)} `}until {formatMinute(silence.endsAt)}
          {silence.alertTypes.length > 0 && ` · ${typesOf(silence)}`} ·{" "}
          {silence.author || silence.actor}: {silence.comment}
        </span>
      </span>
      {mayStep && (
        <>
          <IconButton size="s" label={`Change the silence of ${selector}`} onClick={onEdit}>
            <Pencil aria-hidden />
          </IconButton>
          <Button
            size="s"
            aria-label={`${ending} the silence of ${selector}`}
            disabled={end.isPending}
            onClick={() => end.mutate(silence.id)}
          >
            {ending}
          </Button>
        </>
      )}
    </li>
  );
}

/** What is held back from the caller's subscriptions, whatever the reason. */
function Held() {
  const { data = [] } = useRouting("held", getHeld, EVERY);
  if (data.length === 0) return null;
  return (
    <>
      <h3 className={styles.part}>Held back just now</h3>
      <ul className={styles.rows}>
        {data.map((one) => (
          <li key={`${one.subscriptionId} ${one.alertId}`}>
            <span className={styles.what}>
              <strong>{one.assetId}</strong>
              <span className={styles.muted}>
                held back from {one.subscription}: {one.reason}
              </span>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

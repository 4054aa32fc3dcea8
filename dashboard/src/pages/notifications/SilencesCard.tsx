import { BellOff } from "lucide-react";
import { useState } from "react";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { EmptyState, Failure, Skeleton } from "../../components/Feedback";
import { formatTime } from "../../format";
import { endSilence, getHeld, getSilences, makeSilence } from "../../rest/routing";
import { useMayStep } from "../../widgets/useMayStep";
import type { Silence } from "../../wire";
import { FormDialog, Pick, Text } from "./FormDialog";
import styles from "./Routing.module.css";
import { useChange, useRouting } from "./useRouting";

const HELD_EVERY = 15_000;

/** What nobody is told of just now. */
export function SilencesCard() {
  const silences = useRouting("silences", getSilences);
  const held = useRouting("held", getHeld, HELD_EVERY);
  const mayStep = useMayStep();
  const [making, setMaking] = useState(false);
  const add = mayStep && (
    <Button size="s" icon={<BellOff aria-hidden />} onClick={() => setMaking(true)}>
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
        <EmptyState title="Nothing is silenced" />
      ) : (
        <ul className={styles.rows}>
          {silences.data.map((silence) => (
            <SilenceRow key={silence.id} silence={silence} mayEnd={mayStep} />
          ))}
        </ul>
      )}
      {held.data && held.data.length > 0 && (
        <ul className={styles.rows} aria-label="Held back">
          {held.data.map((one) => (
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
      )}
      {making && <SilenceDialog onClose={() => setMaking(false)} />}
    </Card>
  );
}

function SilenceRow({ silence, mayEnd }: { silence: Silence; mayEnd: boolean }) {
  const end = useChange(endSilence);
  const what = [silence.assetPattern, silence.source && `source ${silence.source}`];
  return (
    <li>
      <span className={styles.what}>
        <strong>{what.filter(Boolean).join(" · ")}</strong>
        <span className={styles.muted}>
          until {formatTime(silence.endsAt)} · {silence.actor}: {silence.comment}
        </span>
      </span>
      {mayEnd && (
        <Button size="s" disabled={end.isPending} onClick={() => end.mutate(silence.id)}>
          End now
        </Button>
      )}
    </li>
  );
}

const HOURS = [
  { value: "1", label: "1 hour" },
  { value: "4", label: "4 hours" },
  { value: "24", label: "1 day" },
  { value: "168", label: "1 week" },
];

function SilenceDialog({ onClose }: { onClose: () => void }) {
  const [assetPattern, setAssetPattern] = useState("");
  const [hours, setHours] = useState("1");
  const [comment, setComment] = useState("");
  const make = useChange(makeSilence, onClose);
  const submit = () =>
    make.mutate({
      assetPattern: assetPattern.trim(),
      comment: comment.trim(),
      endsAt: new Date(Date.now() + Number(hours) * 3_600_000).toISOString(),
    });
  return (
    <FormDialog
      title="Silence alerts"
      submit="Silence"
      complete={assetPattern.trim() !== "" && comment.trim() !== ""}
      busy={make.isPending}
      onSubmit={submit}
      onClose={onClose}
    >
      <Text
        label="Assets"
        value={assetPattern}
        onChange={setAssetPattern}
        placeholder="warehouse.sales.*"
        note="An id or a glob; * for all"
      />
      <Pick label="For" value={hours} choices={HOURS} onChange={setHours} />
      <Text label="Why" value={comment} onChange={setComment} wide />
    </FormDialog>
  );
}

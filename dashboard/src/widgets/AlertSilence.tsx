import { BellOff } from "lucide-react";
import { useState } from "react";
import { Button } from "../components/Button";
import { useNow } from "../components/useNow";
import { formatMinute } from "../format";
import { getSilences } from "../rest/routing";
import type { Alert } from "../wire";
import styles from "./AlertDrawer.module.css";
import { SilenceDialog } from "./SilenceDialog";
import { exactly, silenceOver } from "./silences";
import { useRouting } from "./useRouting";

/** Says so where nobody is told of the alert. */
export function Silenced({ alert }: { alert: Alert }) {
  const { data = [] } = useRouting("silences", getSilences);
  const silence = silenceOver(data, alert, useNow(5_000));
  if (!silence) return null;
  return (
    <p className={styles.silenced}>
      <BellOff aria-hidden />
      <span>
        Silenced until {formatMinute(silence.endsAt)} by {silence.author || silence.actor}:{" "}
        {silence.comment}
      </span>
    </p>
  );
}

/** Silences what is like this alert: of its type, on its asset. */
export function SilenceButton({ alert }: { alert: Alert }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button look="quiet" icon={<BellOff aria-hidden />} onClick={() => setOpen(true)}>
        Silence
      </Button>
      {open && (
        <SilenceDialog
          proposal={{
            assetPattern: exactly(alert.assetId),
            alertTypes: [alert.alertType],
            comment: `Known: ${alert.message}`,
          }}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}

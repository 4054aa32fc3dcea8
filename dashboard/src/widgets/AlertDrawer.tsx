import { useQuery } from "@tanstack/react-query";
import { SeverityBadge, StatusBadge } from "../components/Badge";
import { Dialog } from "../components/Dialog";
import { Failure, Skeleton } from "../components/Feedback";
import { formatMessage } from "../format";
import { useSession } from "../live/context";
import type { Step } from "../live/lifecycle";
import { useSignal } from "../live/signal";
import { cache } from "../rest/cache";
import { getAlert } from "../rest/quality";
import type { Alert } from "../wire";
import { AlertContext } from "./AlertContext";
import styles from "./AlertDrawer.module.css";
import { AlertFacts } from "./AlertFacts";
import { AlertHistory } from "./AlertHistory";
import { Assignee, Comment } from "./AlertNotes";
import { SilenceButton, Silenced } from "./AlertSilence";
import { StepButtons } from "./StepButtons";

interface AlertDrawerProps {
  id: string;
  assetHref?: (assetId: string) => string;
  /** Steps the caller may take with the alert; none: the caller may only look. */
  stepsOf: (alert: Alert) => readonly Step[];
  onClose: () => void;
  onStep: (step: Step, ids: readonly string[]) => void;
}

/** One alert in full: what happened, what was done about it, and what can be. */
export function AlertDrawer({ id, assetHref, stepsOf, onClose, onStep }: AlertDrawerProps) {
  const session = useSession();
  useSignal(session.alerts.list);
  const alert = session.alerts.get(id);
  const query = useQuery(
    {
      queryKey: ["alert", session.endpoint, id],
      queryFn: async ({ signal }) => {
        const found = await getAlert(session.endpoint, id, signal);
        session.alerts.merge([found]);
        return found.id;
      },
      enabled: !alert,
    },
    cache,
  );

  if (!alert) {
    return (
      <Dialog shape="drawer" title="Alert" onClose={onClose}>
        {query.error ? <Failure error={query.error} /> : <Skeleton lines={6} />}
      </Dialog>
    );
  }
  const steps = stepsOf(alert);
  const mayStep = steps.length > 0;
  return (
    <Dialog
      shape="drawer"
      title={formatMessage(alert.message)}
      onClose={onClose}
      footer={
        mayStep && (
          <>
            <SilenceButton alert={alert} />
            <StepButtons worded steps={steps} onStep={(step) => onStep(step, [alert.id])} />
          </>
        )
      }
    >
      <div className={styles.badges}>
        <SeverityBadge severity={alert.severity} />
        <StatusBadge status={alert.status} />
      </div>
      <Silenced alert={alert} />
      <AlertFacts alert={alert} assetHref={assetHref} />
      <AlertContext alert={alert} />
      {mayStep && <Assignee alert={alert} />}
      <AlertHistory alert={alert} />
      {mayStep && <Comment alert={alert} />}
    </Dialog>
  );
}

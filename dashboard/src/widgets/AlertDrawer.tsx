import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { SeverityBadge, StatusBadge } from "../components/Badge";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import { Failure, Skeleton } from "../components/Feedback";
import { toast } from "../components/toasts";
import { formatChange, formatDuration, formatScore, formatTime } from "../format";
import { useSession } from "../live/context";
import { annotate, type Step } from "../live/lifecycle";
import { useSignal } from "../live/signal";
import { ALERT_TYPE_LABEL, metricLabel } from "../quality";
import { cache } from "../rest/cache";
import { getAlert, getAudit } from "../rest/quality";
import type { Alert, AuditEntry, MetricType } from "../wire";
import styles from "./AlertDrawer.module.css";
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
      title={alert.message}
      onClose={onClose}
      footer={
        mayStep && <StepButtons worded steps={steps} onStep={(step) => onStep(step, [alert.id])} />
      }
    >
      <div className={styles.badges}>
        <SeverityBadge severity={alert.severity} />
        <StatusBadge status={alert.status} />
      </div>
      <Facts alert={alert} assetHref={assetHref} />
      {mayStep && <Assignee alert={alert} />}
      <Audit alert={alert} />
      {mayStep && <Comment alert={alert} />}
    </Dialog>
  );
}

function Facts({ alert, assetHref }: { alert: Alert; assetHref?: (assetId: string) => string }) {
  const { metadata } = alert;
  const metric = metadata.metricType as MetricType | null | undefined;
  const asset = assetHref ? <a href={assetHref(alert.assetId)}>{alert.assetId}</a> : alert.assetId;
  const facts: [string, React.ReactNode][] = [
    ["Asset", asset],
    ["Type", ALERT_TYPE_LABEL[alert.alertType]],
    ["Raised", formatTime(alert.timestamp)],
  ];
  if (metric) facts.push(["Metric", metricLabel(metric)]);
  if (metadata.previousValue != null && metadata.currentValue != null) {
    const { previousValue, currentValue } = metadata;
    facts.push([
      "Value",
      `${formatScore(previousValue)} → ${formatScore(currentValue)} (${formatChange(currentValue - previousValue)})`,
    ]);
  }
  if (metadata.expectedIntervalSeconds != null) {
    facts.push(["Expected every", formatDuration(metadata.expectedIntervalSeconds)]);
  }
  if (metadata.lastSeen) facts.push(["Last seen", formatTime(metadata.lastSeen)]);
  if (alert.source) facts.push(["Source", alert.source]);
  if (alert.assignee) facts.push(["Assigned to", alert.assignee]);
  facts.push(["Rule", metadata.rule]);
  if (alert.resolution) facts.push(["Resolution", alert.resolution]);
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Assignee({ alert }: { alert: Alert }) {
  const session = useSession();
  const [name, setName] = useState(alert.assignee ?? "");
  const assign = (assignee: string | null) => {
    annotate(session, alert.id, { assignee }).catch(refused);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    assign(name.trim() || null);
  };
  return (
    <form className={styles.line} onSubmit={submit}>
      <label htmlFor="assignee">Assigned to</label>
      <input
        id="assignee"
        maxLength={255}
        placeholder="Nobody"
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <Button type="submit" disabled={name.trim() === (alert.assignee ?? "")}>
        Assign
      </Button>
    </form>
  );
}

function Audit({ alert }: { alert: Alert }) {
  const session = useSession();
  const query = useQuery(
    {
      queryKey: ["audit", session.endpoint, alert.id, alert.stepId],
      queryFn: ({ signal }) => getAudit(session.endpoint, alert.id, signal),
      placeholderData: (previous) => previous,
    },
    cache,
  );
  return (
    <section className={styles.audit} aria-label="History">
      <h3>History</h3>
      {query.isPending ? <Skeleton lines={2} /> : null}
      {query.error ? <p className={styles.muted}>{query.error.message}</p> : null}
      <ol>
        {query.data?.map((entry) => (
          <AuditLine key={entry.stepId} entry={entry} />
        ))}
      </ol>
    </section>
  );
}

function AuditLine({ entry }: { entry: AuditEntry }) {
  const said = [entry.resolution, entry.comment].filter(Boolean).join(" – ");
  return (
    <li>
      <span>
        <strong>{entry.action}</strong> by {entry.actor}
        {entry.action === "assign" && ` to ${entry.assignee ?? "nobody"}`}
      </span>
      <time dateTime={entry.at}>{formatTime(entry.at)}</time>
      {said && <p>{said}</p>}
    </li>
  );
}

function Comment({ alert }: { alert: Alert }) {
  const session = useSession();
  const [text, setText] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const comment = text.trim();
    if (!comment) return;
    setText("");
    annotate(session, alert.id, { comment }).catch((error: Error) => {
      setText(comment);
      refused(error);
    });
  };
  return (
    <form className={styles.line} onSubmit={submit}>
      <label htmlFor="comment">Comment</label>
      <input
        id="comment"
        maxLength={4000}
        placeholder="What is known so far"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Button type="submit" disabled={!text.trim()}>
        Add
      </Button>
    </form>
  );
}

function refused(error: Error): void {
  toast({ tone: "critical", title: "The step was refused", text: error.message });
}

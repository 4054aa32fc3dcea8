import { memo } from "react";
import { SeverityBadge, StatusBadge } from "../components/Badge";
import { Checkbox } from "../components/Field";
import { useNow } from "../components/useNow";
import { formatAgo, formatMessage, formatScore, formatTime } from "../format";
import type { Step } from "../live/lifecycle";
import { ALERT_TYPE_LABEL } from "../quality";
import type { Alert } from "../wire";
import styles from "./AlertRow.module.css";
import { StepButtons } from "./StepButtons";

interface AlertRowProps {
  alert: Alert;
  selected: boolean;
  current: boolean;
  fresh: boolean;
  steps: readonly Step[];
  onSelect: (id: string, selected: boolean) => void;
  onOpen: (id: string) => void;
  onStep: (step: Step, ids: readonly string[]) => void;
}

/** One alert in the list. Its title opens it; the buttons stand beside the link, not in it. */
export const AlertRow = memo(function AlertRow(props: AlertRowProps) {
  const { alert, selected, current, fresh, steps, onSelect, onOpen, onStep } = props;
  const names = [
    styles.row,
    styles[alert.severity],
    selected ? styles.selected : "",
    current ? styles.current : "",
    fresh ? styles.fresh : "",
  ];
  return (
    <div className={names.join(" ")}>
      <Checkbox
        label={`Select ${alert.message}`}
        checked={selected}
        onChange={(checked) => onSelect(alert.id, checked)}
      />
      <SeverityBadge severity={alert.severity} />
      <button type="button" className={styles.title} onClick={() => onOpen(alert.id)}>
        <span className={styles.message}>{formatMessage(alert.message)}</span>
        <span className={styles.where}>
          {alert.assetId} · {ALERT_TYPE_LABEL[alert.alertType]}
        </span>
      </button>
      <Values alert={alert} />
      <StatusBadge status={alert.status} />
      <Age timestamp={alert.timestamp} />
      <StepButtons
        className={styles.steps}
        steps={steps}
        about={alert.message}
        onStep={(step) => onStep(step, [alert.id])}
      />
    </div>
  );
});

function Values({ alert }: { alert: Alert }) {
  const { previousValue, currentValue, metricType } = alert.metadata;
  if (previousValue == null || currentValue == null) return <span className={styles.values} />;
  const show = (value: number) => (metricType === "issues" ? String(value) : formatScore(value));
  return (
    <span className={styles.values}>
      {show(previousValue)} → <b>{show(currentValue)}</b>
    </span>
  );
}

function Age({ timestamp }: { timestamp: string }) {
  const now = useNow(5_000);
  return (
    <time className={styles.age} dateTime={timestamp} title={formatTime(timestamp)}>
      {formatAgo(timestamp, now)}
    </time>
  );
}

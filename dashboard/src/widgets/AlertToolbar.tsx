import { Button } from "../components/Button";
import { Checkbox } from "../components/Field";
import { ExportButtons } from "../export/ExportButtons";
import { formatCount } from "../format";
import type { Step } from "../live/lifecycle";
import type { Alert } from "../wire";
import styles from "./AlertToolbar.module.css";
import { ALERT_COLUMNS } from "./alertColumns";
import { StepButtons } from "./StepButtons";
import type { Alerts } from "./useAlerts";
import type { Selection } from "./useSelection";

interface AlertToolbarProps {
  found: Alerts;
  selection: Selection;
  /** Steps the caller may take with an alert. */
  stepsOf: (alert: Alert) => readonly Step[];
  onStep: (step: Step, ids: readonly string[]) => void;
}

/** Above the list: how many there are, what can be done with those selected, export. */
export function AlertToolbar({ found, selection, stepsOf, onStep }: AlertToolbarProps) {
  const { alerts, hasMore } = found;
  const { chosen, selectShown, selectAll, selectingAll, clear } = selection;
  const every = alerts.length > 0 && chosen.length === alerts.length;
  return (
    <div className={`${styles.bar} ${chosen.length > 0 ? styles.choosing : ""}`}>
      <Checkbox
        label="Select all shown"
        checked={every}
        mixed={chosen.length > 0 && !every}
        onChange={selectShown}
      />
      <span className={styles.count} role="status">
        {summary(chosen.length, found)}
      </span>
      {(selectingAll || (every && hasMore)) && (
        <Button look="quiet" disabled={selectingAll} onClick={selectAll}>
          {selectingAll ? "Getting the rest" : "Select all that match"}
        </Button>
      )}
      {chosen.length > 0 && (
        <>
          <Button look="quiet" onClick={clear}>
            Clear
          </Button>
          <BulkSteps chosen={chosen} stepsOf={stepsOf} onStep={onStep} />
        </>
      )}
      <KeyHints />
      <div className={styles.tools}>
        <ExportButtons name="alerts" columns={ALERT_COLUMNS} rows={() => alerts} />
      </div>
    </div>
  );
}

function summary(chosen: number, { alerts, loading, hasMore }: Alerts): string {
  if (chosen) return `${formatCount(chosen)} selected`;
  if (loading && alerts.length === 0) return "Loading";
  return `${formatCount(alerts.length)}${hasMore ? "+" : ""} ${alerts.length === 1 ? "alert" : "alerts"}`;
}

const STEPS: readonly Step[] = ["acknowledge", "resolve", "ignore", "reopen"];

interface BulkStepsProps extends Pick<AlertToolbarProps, "stepsOf" | "onStep"> {
  chosen: readonly Alert[];
}

/** The steps possible with any of the chosen alerts, taken with those where they are. */
function BulkSteps({ chosen, stepsOf, onStep }: BulkStepsProps) {
  const able = (step: Step) =>
    chosen.filter((alert) => stepsOf(alert).includes(step)).map(({ id }) => id);
  return (
    <StepButtons
      worded
      steps={STEPS.filter((step) => able(step).length > 0)}
      onStep={(step) => onStep(step, able(step))}
    />
  );
}

function KeyHints() {
  return (
    <span className={styles.keys} aria-hidden>
      <kbd>J</kbd>
      <kbd>K</kbd> move <kbd>A</kbd> acknowledge <kbd>R</kbd> resolve <kbd>I</kbd> ignore
    </span>
  );
}

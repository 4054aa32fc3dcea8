import { BellOff, SearchX, ShieldCheck } from "lucide-react";
import { useCallback, useEffect, useMemo, useState } from "react";
import { Button } from "../components/Button";
import { EmptyState, Failure, Skeleton } from "../components/Feedback";
import { Checkbox } from "../components/Field";
import { ExportButtons } from "../export/ExportButtons";
import { useSession } from "../live/context";
import { possibleSteps, type Step } from "../live/lifecycle";
import { useSignal } from "../live/signal";
import { useFollow } from "../live/useFollow";
import type { Alert } from "../wire";
import { AlertDrawer } from "./AlertDrawer";
import { AlertFilters } from "./AlertFilters";
import { AlertList } from "./AlertList";
import { ALERT_COLUMNS } from "./alertColumns";
import { type AlertFilter, isFiltered, NO_FILTER } from "./alertFilter";
import styles from "./RealtimeAlertsPanel.module.css";
import { ResolveDialog } from "./ResolveDialog";
import { StepButtons } from "./StepButtons";
import { type Alerts, useAlerts } from "./useAlerts";
import { useMayStep } from "./useMayStep";
import { useSteps } from "./useSteps";

interface RealtimeAlertsPanelProps {
  /** Controlled filter, e.g. from the URL; without it the panel keeps its own. */
  filter?: AlertFilter;
  onFilterChange?: (filter: AlertFilter) => void;
  /** The alert shown in full; controlled like the filter. */
  openAlert?: string | null;
  onOpenAlert?: (id: string | null) => void;
  /** Address of an asset's page, for links from an alert. */
  assetHref?: (assetId: string) => string;
}

const ALERTS_ONLY = ["alerts"] as const;
const NO_STEPS: readonly Step[] = [];
const STEPS: readonly Step[] = ["acknowledge", "resolve", "ignore", "reopen"];

/** Alerts as they arrive: filtered, acknowledged, resolved, ignored, reopened, exported. */
export function RealtimeAlertsPanel(props: RealtimeAlertsPanelProps) {
  const session = useSession();
  useFollow(undefined, ALERTS_ONLY);
  const [filter, setFilter] = useControlled(props.filter, props.onFilterChange, NO_FILTER);
  const [open, setOpen] = useControlled(props.openAlert, props.onOpenAlert, null);
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());
  const [resolving, setResolving] = useState<readonly string[] | null>(null);
  const stats = useSignal(session.overall.stats);
  const found = useAlerts(filter);
  const { alerts } = found;
  const take = useSteps();
  const mayStep = useMayStep();
  const stepsOf = useCallback(
    ({ status }: Alert) => (mayStep ? possibleSteps(status) : NO_STEPS),
    [mayStep],
  );

  const chosen = useMemo(() => alerts.filter(({ id }) => selection.has(id)), [alerts, selection]);
  const select = useCallback((id: string, selected: boolean) => {
    setSelection((before) => {
      const after = new Set(before);
      if (selected) after.add(id);
      else after.delete(id);
      return after;
    });
  }, []);
  const step = useCallback(
    (taken: Step, ids: readonly string[]) => {
      if (taken === "resolve") setResolving(ids);
      else void take(taken, ids).then(() => setSelection(new Set()));
    },
    [take],
  );
  const [selectingAll, setSelectingAll] = useState(false);
  const selectAll = async () => {
    setSelectingAll(true);
    if (!(await found.loadAll())) setSelectingAll(false);
  };
  // What is loaded while all is being selected is selected with it.
  useEffect(() => {
    if (!selectingAll) return;
    setSelection(new Set(alerts.map(({ id }) => id)));
    if (!found.hasMore) setSelectingAll(false);
  }, [selectingAll, alerts, found.hasMore]);
  const counts = filter.view === "active" ? stats?.alertsBySeverity : undefined;

  return (
    <section className={styles.panel} aria-label="Alerts" data-tidemark>
      <AlertFilters filter={filter} onChange={setFilter} counts={counts} />
      <div className={styles.bar}>
        <Checkbox
          label="Select all shown"
          checked={alerts.length > 0 && chosen.length === alerts.length}
          mixed={chosen.length > 0 && chosen.length < alerts.length}
          onChange={(all) => setSelection(new Set(all ? alerts.map(({ id }) => id) : []))}
        />
        <span className={styles.count} role="status">
          {summary(chosen.length, found)}
        </span>
        {chosen.length > 0 && chosen.length === alerts.length && found.hasMore && (
          <Button look="quiet" disabled={selectingAll} onClick={() => void selectAll()}>
            {selectingAll ? "Getting the rest" : "Select all that match"}
          </Button>
        )}
        <BulkSteps
          chosen={chosen}
          stepsOf={stepsOf}
          onStep={step}
          onClear={() => setSelection(new Set())}
        />
        <span className={styles.keys} aria-hidden>
          <kbd>J</kbd>
          <kbd>K</kbd> move <kbd>A</kbd> acknowledge <kbd>R</kbd> resolve <kbd>I</kbd> ignore
        </span>
        <div className={styles.tools}>
          <ExportButtons name="alerts" columns={ALERT_COLUMNS} rows={() => alerts} />
        </div>
      </div>
      <div className={styles.list}>
        {found.alerts.length > 0 ? (
          <AlertList
            alerts={alerts}
            selection={selection}
            isFresh={found.isFresh}
            stepsOf={stepsOf}
            onSelect={select}
            onOpen={setOpen}
            onStep={step}
            onEnd={found.loadMore}
          />
        ) : (
          <Nothing
            found={found}
            filter={filter}
            onClear={() => setFilter({ ...NO_FILTER, view: "all" })}
          />
        )}
      </div>
      {open && (
        <AlertDrawer
          id={open}
          assetHref={props.assetHref}
          mayStep={mayStep}
          onClose={() => setOpen(null)}
          onStep={(taken, ids) => {
            // Back to the list, where the step can be seen and undone.
            setOpen(null);
            step(taken, ids);
          }}
        />
      )}
      {resolving && (
        <ResolveDialog
          count={resolving.length}
          onClose={() => setResolving(null)}
          onResolve={(resolution) => {
            void take("resolve", resolving, { resolution });
            setResolving(null);
            setSelection(new Set());
          }}
        />
      )}
    </section>
  );
}

interface BulkStepsProps {
  chosen: readonly Alert[];
  stepsOf: (alert: Alert) => readonly Step[];
  onStep: (step: Step, ids: readonly string[]) => void;
  onClear: () => void;
}

/** The steps possible with any of the chosen alerts, taken with those where they are. */
function BulkSteps({ chosen, stepsOf, onStep, onClear }: BulkStepsProps) {
  if (chosen.length === 0) return null;
  const able = (step: Step) =>
    chosen.filter((alert) => stepsOf(alert).includes(step)).map(({ id }) => id);
  return (
    <>
      <StepButtons
        worded
        steps={STEPS.filter((step) => able(step).length > 0)}
        onStep={(step) => onStep(step, able(step))}
      />
      <Button look="quiet" onClick={onClear}>
        Clear
      </Button>
    </>
  );
}

function summary(chosen: number, { alerts, loading, hasMore }: Alerts): string {
  if (chosen) return `${chosen} selected`;
  if (loading && alerts.length === 0) return "Loading";
  return `${alerts.length}${hasMore ? "+" : ""} ${alerts.length === 1 ? "alert" : "alerts"}`;
}

interface NothingProps {
  found: Alerts;
  filter: AlertFilter;
  onClear: () => void;
}

/** Why the list is empty: not there yet, not to be had, or nothing to show. */
function Nothing({ found, filter, onClear }: NothingProps) {
  if (found.loading) return <Skeleton lines={8} height={28} />;
  if (found.error) return <Failure error={found.error} retry={found.retry} />;
  if (isFiltered(filter)) {
    return (
      <EmptyState icon={<SearchX aria-hidden />} title="No alert matches">
        <p>Nothing here answers to these filters.</p>
        <Button onClick={onClear}>Show all alerts</Button>
      </EmptyState>
    );
  }
  if (filter.view === "active") {
    return (
      <EmptyState icon={<ShieldCheck aria-hidden />} title="All quiet">
        <p>No alert is waiting for anybody. New ones appear here by themselves.</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={<BellOff aria-hidden />} title="Nothing here yet">
      <p>Alerts that are acknowledged, resolved or ignored are kept here.</p>
    </EmptyState>
  );
}

/** State that the parent may hold: given with its setter it is the parent's, else our own. */
function useControlled<T>(
  given: T | undefined,
  onChange: ((value: T) => void) | undefined,
  initial: T,
): [T, (value: T) => void] {
  const [own, setOwn] = useState(initial);
  const change = useCallback(
    (value: T) => {
      setOwn(value);
      onChange?.(value);
    },
    [onChange],
  );
  return [given === undefined ? own : given, change];
}

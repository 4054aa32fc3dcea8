import { BellOff, SearchX, ShieldCheck } from "lucide-react";
import { useCallback, useState } from "react";
import { Button } from "../components/Button";
import { EmptyState, Failure, Skeleton } from "../components/Feedback";
import { useSession } from "../live/context";
import { possibleSteps, type Step } from "../live/lifecycle";
import { useSignal } from "../live/signal";
import { useFollow } from "../live/useFollow";
import type { Alert } from "../wire";
import { AlertDrawer } from "./AlertDrawer";
import { AlertFilters } from "./AlertFilters";
import { AlertList } from "./AlertList";
import { AlertToolbar } from "./AlertToolbar";
import { type AlertFilter, formatFilter, isFiltered, NO_FILTER } from "./alertFilter";
import styles from "./RealtimeAlertsPanel.module.css";
import { ResolveDialog } from "./ResolveDialog";
import { type Alerts, useAlerts } from "./useAlerts";
import { useMayStep } from "./useMayStep";
import { useSelection } from "./useSelection";
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

/** Alerts as they arrive: filtered, acknowledged, resolved, ignored, reopened, exported. */
export function RealtimeAlertsPanel(props: RealtimeAlertsPanelProps) {
  useFollow(undefined, ALERTS_ONLY);
  const [filter, setFilter] = useControlled(props.filter, props.onFilterChange, NO_FILTER);
  const [open, setOpen] = useControlled(props.openAlert, props.onOpenAlert, null);
  const [resolving, setResolving] = useState<readonly string[] | null>(null);
  const found = useAlerts(filter);
  const selection = useSelection(found);
  const stepsOf = useStepsOf();
  const take = useSteps();
  const { clear } = selection;
  const step = useCallback(
    (taken: Step, ids: readonly string[]) => {
      // Back to the list, where the step can be seen and undone.
      setOpen(null);
      if (taken === "resolve") setResolving(ids);
      else void take(taken, ids).then(clear);
    },
    [take, clear, setOpen],
  );

  return (
    <section className={styles.panel} aria-label="Alerts" data-tidemark>
      <AlertFilters filter={filter} onChange={setFilter} counts={useCounts(filter)} />
      <AlertToolbar found={found} selection={selection} stepsOf={stepsOf} onStep={step} />
      <div className={styles.list}>
        {found.alerts.length > 0 ? (
          <AlertList
            key={formatFilter(filter)}
            alerts={found.alerts}
            selection={selection.ids}
            isFresh={found.isFresh}
            stepsOf={stepsOf}
            onSelect={selection.select}
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
          stepsOf={stepsOf}
          onClose={() => setOpen(null)}
          onStep={step}
        />
      )}
      {resolving && (
        <ResolveDialog
          count={resolving.length}
          onClose={() => setResolving(null)}
          onResolve={(resolution) => {
            setResolving(null);
            void take("resolve", resolving, { resolution }).then(clear);
          }}
        />
      )}
    </section>
  );
}

/** Steps the caller may take with an alert. */
function useStepsOf(): (alert: Alert) => readonly Step[] {
  const mayStep = useMayStep();
  return useCallback(({ status }) => (mayStep ? possibleSteps(status) : NO_STEPS), [mayStep]);
}

/** Active alerts by severity, where active ones are shown. */
function useCounts(filter: AlertFilter) {
  const stats = useSignal(useSession().overall.stats);
  return filter.view === "active" ? stats?.alertsBySeverity : undefined;
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

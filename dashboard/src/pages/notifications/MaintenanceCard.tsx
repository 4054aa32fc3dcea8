import { CalendarClock, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "../../components/Button";
import { Card } from "../../components/Card";
import { EmptyState, Failure, Skeleton } from "../../components/Feedback";
import { useNow } from "../../components/useNow";
import { deleteWindow, getWindows } from "../../rest/routing";
import { selectorOf } from "../../widgets/silences";
import { useMayStep } from "../../widgets/useMayStep";
import { useChange, useRouting } from "../../widgets/useRouting";
import type { MaintenanceWindow } from "../../wire";
import { MaintenanceDialog } from "./MaintenanceDialog";
import styles from "./Routing.module.css";
import { occasions } from "./windowDraft";

/** When work is planned: alerts of those assets are told afterwards, if still true. */
export function MaintenanceCard() {
  const windows = useRouting("maintenance", getWindows);
  const mayStep = useMayStep();
  const [edited, setEdited] = useState<MaintenanceWindow | "new" | null>(null);
  const add = mayStep && (
    <Button size="s" icon={<CalendarClock aria-hidden />} onClick={() => setEdited("new")}>
      Plan
    </Button>
  );
  return (
    <Card title="Maintenance" aside={add} flush>
      {windows.error ? (
        <Failure error={windows.error} retry={windows.refetch} />
      ) : !windows.data ? (
        <Skeleton />
      ) : windows.data.length === 0 ? (
        <EmptyState title="No work is planned">
          Plan a window for a reload or a migration: alerts wait until it is over, and are told then
          if still true.
        </EmptyState>
      ) : (
        <ul className={styles.rows}>
          {windows.data.map((window) => (
            <WindowRow
              key={window.id}
              window={window}
              mayStep={mayStep}
              onEdit={() => setEdited(window)}
            />
          ))}
        </ul>
      )}
      {edited !== null && (
        <MaintenanceDialog
          before={edited === "new" ? undefined : edited}
          onClose={() => setEdited(null)}
        />
      )}
    </Card>
  );
}

interface WindowRowProps {
  window: MaintenanceWindow;
  mayStep: boolean;
  onEdit: () => void;
}

function WindowRow({ window, mayStep, onEdit }: WindowRowProps) {
  const remove = useChange(deleteWindow);
  const now = useNow(5_000);
  const over = window.endsAt !== null && Date.parse(window.endsAt) <= now;
  const state = window.enabled ? (over ? " (over)" : "") : " (off)";
  return (
    <li className={state ? styles.off : undefined}>
      <span className={styles.what}>
        <strong>
          {window.name}
          {state}
        </strong>
        <span className={styles.muted}>
          {selectorOf(window)} · {occasions(window)}
        </span>
      </span>
      {mayStep && (
        <>
          <IconButton size="s" label={`Edit ${window.name}`} onClick={onEdit}>
            <Pencil aria-hidden />
          </IconButton>
          <IconButton
            size="s"
            label={`Delete ${window.name}`}
            disabled={remove.isPending}
            onClick={() => remove.mutate(window.id)}
          >
            <Trash2 aria-hidden />
          </IconButton>
        </>
      )}
    </li>
  );
}

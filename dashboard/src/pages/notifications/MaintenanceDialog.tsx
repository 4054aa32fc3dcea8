import { useState } from "react";
import { FormDialog, Pick, Text, Tick } from "../../components/FormDialog";
import { saveWindow } from "../../rest/routing";
import { useSubmit } from "../../widgets/useRouting";
import type { MaintenanceRequest, MaintenanceWindow } from "../../wire";
import {
  isWindowComplete,
  newWindow,
  REPETITIONS,
  type WindowDraft,
  windowDraftOf,
  windowRequestOf,
} from "./windowDraft";

interface MaintenanceDialogProps {
  /** What is edited; without it a new one is planned. */
  before?: MaintenanceWindow;
  onClose: () => void;
}

export function MaintenanceDialog({ before, onClose }: MaintenanceDialogProps) {
  const [draft, setDraft] = useState(() => (before ? windowDraftOf(before) : newWindow()));
  const change = (changed: Partial<WindowDraft>) => setDraft((last) => ({ ...last, ...changed }));
  const save = useSubmit(
    (endpoint, asked: MaintenanceRequest) => saveWindow(endpoint, asked, before?.id),
    onClose,
  );
  return (
    <FormDialog
      title={before ? `Edit ${before.name}` : "Plan maintenance"}
      submit={before ? "Save" : "Plan"}
      complete={isWindowComplete(draft)}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate(windowRequestOf(draft))}
      onClose={onClose}
    >
      <Text
        label="Name"
        value={draft.name}
        placeholder="weekly reload"
        onChange={(name) => change({ name })}
        wide
      />
      <Text
        label="Assets"
        value={draft.assetPattern}
        placeholder="warehouse.sales.*"
        note="An id or a glob; * for all"
        onChange={(assetPattern) => change({ assetPattern })}
      />
      <Text
        label="Source"
        value={draft.source}
        note="Empty: any"
        onChange={(source) => change({ source })}
      />
      <Pick
        label="When"
        value={draft.repetition}
        choices={REPETITIONS}
        onChange={(repetition) => change({ repetition })}
      />
      {draft.repetition === "once" ? <span /> : <Repeated draft={draft} change={change} />}
      <Text
        label="From"
        type="datetime-local"
        value={draft.starts}
        note={draft.repetition === "once" ? undefined : "Empty: from now on"}
        onChange={(starts) => change({ starts })}
      />
      <Text
        label="Until"
        type="datetime-local"
        value={draft.ends}
        note={draft.repetition === "once" ? undefined : "Empty: for good"}
        onChange={(ends) => change({ ends })}
      />
      <Tick
        label="Turned on"
        checked={draft.enabled}
        onChange={(enabled) => change({ enabled })}
        wide
      />
    </FormDialog>
  );
}

interface RepeatedProps {
  draft: WindowDraft;
  change: (changed: Partial<WindowDraft>) => void;
}

function Repeated({ draft, change }: RepeatedProps) {
  return (
    <>
      {draft.repetition === "cron" ? (
        <Text
          label="Schedule"
          value={draft.cron}
          placeholder="0 2 * * sun"
          note="Minute, hour, day, month, weekday"
          onChange={(cron) => change({ cron })}
        />
      ) : (
        <Text label="At" type="time" value={draft.at} onChange={(at) => change({ at })} />
      )}
      <Text
        label="For minutes"
        type="number"
        value={draft.minutes}
        onChange={(minutes) => change({ minutes })}
      />
      <Text
        label="Time zone"
        value={draft.timeZone}
        onChange={(timeZone) => change({ timeZone })}
      />
    </>
  );
}

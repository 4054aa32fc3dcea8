import { useState } from "react";
import { FormDialog, Pick, Text, Ticks } from "../components/FormDialog";
import { toast } from "../components/toasts";
import { formatMinute, fromInput, toInput } from "../format";
import { ALERT_TYPE_LABEL, ALERT_TYPES } from "../quality";
import { saveSilence } from "../rest/routing";
import type { AlertType, Silence, SilenceRequest } from "../wire";
import { useSubmit } from "./useRouting";

/** What a new silence is about at first. */
export interface SilenceProposal {
  assetPattern?: string;
  alertTypes?: readonly AlertType[];
  comment?: string;
}

interface SilenceDialogProps {
  /** What is changed; without it a new one is made. */
  before?: Silence;
  proposal?: SilenceProposal;
  onClose: () => void;
}

interface Draft {
  assetPattern: string;
  source: string;
  alertTypes: readonly AlertType[];
  starts: string;
  /** Hours from the start, or `UNTIL`. */
  hours: string;
  ends: string;
  comment: string;
}

const UNTIL = "";
const HOURS = [
  { value: "1", label: "1 hour" },
  { value: "4", label: "4 hours" },
  { value: "24", label: "1 day" },
  { value: "168", label: "1 week" },
  { value: UNTIL, label: "Until a time" },
];
const HOUR = 3_600_000;
const TYPES = ALERT_TYPES.map((value) => ({ value, label: ALERT_TYPE_LABEL[value] }));

/** Has nobody told of some alerts for a while. */
export function SilenceDialog({ before, proposal, onClose }: SilenceDialogProps) {
  const [draft, setDraft] = useState(() => draftOf(before, proposal));
  const change = (changed: Partial<Draft>) => setDraft((last) => ({ ...last, ...changed }));
  const save = useSubmit(
    (endpoint, asked: SilenceRequest) => saveSilence(endpoint, asked, before?.id),
    (made) => {
      toast({ tone: "good", title: `Silenced until ${formatMinute(made.endsAt)}` });
      onClose();
    },
  );
  return (
    <FormDialog
      title={before ? "Change the silence" : "Silence alerts"}
      submit={before ? "Save" : "Silence"}
      complete={isComplete(draft)}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate(requestOf(draft))}
      onClose={onClose}
    >
      <Text
        label="Assets"
        value={draft.assetPattern}
        onChange={(assetPattern) => change({ assetPattern })}
        placeholder="warehouse.sales.*"
        note="An id or a glob; * for all"
      />
      <Text
        label="Source"
        value={draft.source}
        onChange={(source) => change({ source })}
        note="Empty: any"
      />
      <Ticks
        label="Alert types"
        note="None ticked: all of them"
        chosen={draft.alertTypes}
        choices={TYPES}
        onChange={(alertTypes) => change({ alertTypes })}
      />
      <Text
        label="From"
        type="datetime-local"
        value={draft.starts}
        onChange={(starts) => change({ starts })}
        note="Empty: now"
      />
      <Pick
        label="For"
        value={draft.hours}
        choices={HOURS}
        onChange={(hours) => change({ hours })}
      />
      {draft.hours === UNTIL && (
        <Text
          label="Until"
          type="datetime-local"
          value={draft.ends}
          onChange={(ends) => change({ ends })}
          wide
        />
      )}
      <Text
        label="Why"
        value={draft.comment}
        onChange={(comment) => change({ comment })}
        note="Others read this where they wonder why nobody was told."
        wide
      />
    </FormDialog>
  );
}

function draftOf(before?: Silence, proposal: SilenceProposal = {}): Draft {
  if (before) {
    return {
      assetPattern: before.assetPattern ?? "",
      source: before.source ?? "",
      alertTypes: before.alertTypes,
      starts: toInput(before.startsAt),
      hours: UNTIL,
      ends: toInput(before.endsAt),
      comment: before.comment,
    };
  }
  return {
    assetPattern: proposal.assetPattern ?? "",
    source: "",
    alertTypes: proposal.alertTypes ?? [],
    starts: "",
    hours: "4",
    ends: "",
    comment: proposal.comment ?? "",
  };
}

function isComplete({ assetPattern, source, hours, ends, comment }: Draft): boolean {
  const selects = assetPattern.trim() !== "" || source.trim() !== "";
  return selects && comment.trim() !== "" && (hours !== UNTIL || ends !== "");
}

function requestOf(draft: Draft): SilenceRequest {
  const starts = draft.starts ? Date.parse(fromInput(draft.starts)) : Date.now();
  return {
    assetPattern: draft.assetPattern.trim() || null,
    source: draft.source.trim() || null,
    alertTypes: [...draft.alertTypes],
    startsAt: draft.starts ? fromInput(draft.starts) : null,
    endsAt:
      draft.hours === UNTIL
        ? fromInput(draft.ends)
        : new Date(starts + Number(draft.hours) * HOUR).toISOString(),
    comment: draft.comment.trim(),
  };
}

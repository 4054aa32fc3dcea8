import { useState } from "react";
import { FormDialog, Pick, Text, Tick, Ticks } from "../../components/FormDialog";
import { SEVERITIES, SEVERITY_LABEL } from "../../quality";
import { saveSubscription } from "../../rest/routing";
import { useSubmit } from "../../widgets/useRouting";
import type { AlertSubscription, AlertSubscriptionRequest, Channel } from "../../wire";
import { type Draft, draftOf, isComplete, newDraft, requestOf } from "./draft";

const SEVERITY_CHOICES = SEVERITIES.map((severity) => ({
  value: severity,
  label: severity === "critical" ? "Critical only" : `${SEVERITY_LABEL[severity]} and worse`,
}));

const GROUPS = [
  { value: "alert", label: "One alert at a time" },
  { value: "source", label: "Together by source" },
  { value: "owner", label: "Together by owner" },
] as const;

const REPEATS = [
  { value: "", label: "Never" },
  { value: "3600", label: "Every hour" },
  { value: "14400", label: "Every 4 hours" },
  { value: "86400", label: "Every day" },
];

interface SubscriptionDialogProps {
  /** What is edited; without it a new one is made. */
  before?: AlertSubscription;
  channels: readonly Channel[];
  onClose: () => void;
}

export function SubscriptionDialog({ before, channels, onClose }: SubscriptionDialogProps) {
  const [draft, setDraft] = useState<Draft>(() => (before ? draftOf(before) : newDraft()));
  const change = (changed: Partial<Draft>) => setDraft((last) => ({ ...last, ...changed }));
  const save = useSubmit(
    (endpoint, asked: AlertSubscriptionRequest) => saveSubscription(endpoint, asked, before?.id),
    onClose,
  );
  const repeats = REPEATS.some(({ value }) => value === draft.repeat)
    ? REPEATS
    : [...REPEATS, { value: draft.repeat, label: `Every ${draft.repeat} s` }];
  return (
    <FormDialog
      title={before ? `Edit ${before.name}` : "Add subscription"}
      submit={before ? "Save" : "Add"}
      complete={isComplete(draft)}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate(requestOf(draft, before))}
      onClose={onClose}
    >
      <Text label="Name" value={draft.name} onChange={(name) => change({ name })} wide />
      <Text
        label="Assets"
        value={draft.assetPattern}
        placeholder="warehouse.sales.*"
        note="An id or a glob; empty: every asset"
        onChange={(assetPattern) => change({ assetPattern })}
      />
      <Text
        label="Source"
        value={draft.source}
        note="Empty: any"
        onChange={(source) => change({ source })}
      />
      <Pick
        label="Severity"
        value={draft.minimumSeverity}
        choices={SEVERITY_CHOICES}
        onChange={(minimumSeverity) => change({ minimumSeverity })}
      />
      <Pick
        label="Grouping"
        value={draft.groupBy}
        choices={GROUPS}
        onChange={(groupBy) => change({ groupBy })}
      />
      <Ticks
        label="Channels"
        note={draft.channels.length ? undefined : "Tick one at least"}
        chosen={draft.channels}
        choices={channels.map(({ id, name }) => ({ value: id, label: name }))}
        onChange={(chosen) => change({ channels: chosen })}
      />
      <Pick
        label="Remind while active"
        value={draft.repeat}
        choices={repeats}
        onChange={(repeat) => change({ repeat })}
      />
      <Tick
        label="Tell when it is resolved"
        checked={draft.notifyResolved}
        onChange={(notifyResolved) => change({ notifyResolved })}
      />
      <Escalation draft={draft} channels={channels} change={change} />
      <Quiet draft={draft} change={change} />
      <Tick
        label="Turned on"
        checked={draft.enabled}
        onChange={(enabled) => change({ enabled })}
        wide
      />
    </FormDialog>
  );
}

interface PartProps {
  draft: Draft;
  change: (changed: Partial<Draft>) => void;
}

function Escalation({ draft, channels, change }: PartProps & { channels: readonly Channel[] }) {
  return (
    <>
      <Pick
        label="If nobody acknowledges, tell"
        value={draft.escalateTo}
        choices={[
          { value: "", label: "Nobody else" },
          ...channels.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        onChange={(escalateTo) =>
          change({ escalateTo, escalateAfter: escalateTo ? draft.escalateAfter || "15" : "" })
        }
      />
      {draft.escalateTo ? (
        <Text
          label="After minutes"
          type="number"
          value={draft.escalateAfter}
          onChange={(escalateAfter) => change({ escalateAfter })}
        />
      ) : (
        <span />
      )}
    </>
  );
}

function Quiet({ draft, change }: PartProps) {
  return (
    <>
      <Tick
        label="Quiet hours"
        checked={draft.quiet}
        onChange={(quiet) => change({ quiet })}
        wide
      />
      {draft.quiet && (
        <>
          <Text
            label="From"
            type="time"
            value={draft.quietStart}
            onChange={(quietStart) => change({ quietStart })}
          />
          <Text
            label="Until"
            type="time"
            value={draft.quietEnd}
            onChange={(quietEnd) => change({ quietEnd })}
          />
          <Text
            label="Time zone"
            value={draft.timeZone}
            onChange={(timeZone) => change({ timeZone })}
            wide
          />
        </>
      )}
    </>
  );
}

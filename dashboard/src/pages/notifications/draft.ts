/** A subscription as its form holds it, and back. */
import type { AlertSubscription, AlertSubscriptionRequest, Severity } from "../../wire";

export interface Draft {
  name: string;
  assetPattern: string;
  source: string;
  minimumSeverity: Severity;
  channels: readonly string[];
  groupBy: AlertSubscription["groupBy"];
  quiet: boolean;
  quietStart: string;
  quietEnd: string;
  timeZone: string;
  /** Seconds as text; empty: never. */
  repeat: string;
  /** Minutes as text; empty: nobody else is told. */
  escalateAfter: string;
  escalateTo: string;
  notifyResolved: boolean;
  enabled: boolean;
}

export function newDraft(): Draft {
  return {
    name: "",
    assetPattern: "",
    source: "",
    minimumSeverity: "medium",
    channels: [],
    groupBy: "alert",
    quiet: false,
    quietStart: "22:00",
    quietEnd: "07:00",
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC",
    repeat: "",
    escalateAfter: "",
    escalateTo: "",
    notifyResolved: true,
    enabled: true,
  };
}

export function draftOf(subscription: AlertSubscription): Draft {
  const fresh = newDraft();
  const quiet = subscription.quietHours;
  const [escalation] = subscription.escalations;
  return {
    ...fresh,
    name: subscription.name,
    assetPattern: subscription.assetPattern ?? "",
    source: subscription.source ?? "",
    minimumSeverity: subscription.minimumSeverity,
    channels: subscription.channels,
    groupBy: subscription.groupBy,
    quiet: quiet !== null,
    quietStart: quiet?.start ?? fresh.quietStart,
    quietEnd: quiet?.end ?? fresh.quietEnd,
    timeZone: quiet?.timeZone ?? fresh.timeZone,
    repeat: subscription.repeatIntervalSeconds?.toString() ?? "",
    escalateAfter: escalation ? String(escalation.afterSeconds / 60) : "",
    escalateTo: escalation?.channels[0] ?? "",
    notifyResolved: subscription.notifyResolved,
    enabled: subscription.enabled,
  };
}

/** What to ask of the edge. What the form has no field for stays as it was in `before`. */
export function requestOf(draft: Draft, before?: AlertSubscription): AlertSubscriptionRequest {
  return {
    ...(before && {
      owner: before.owner,
      alertTypes: before.alertTypes,
      mutedBySource: before.mutedBySource,
    }),
    ...(before?.groupBy === draft.groupBy && {
      groupWaitSeconds: before.groupWaitSeconds,
      groupIntervalSeconds: before.groupIntervalSeconds,
    }),
    name: draft.name.trim(),
    channels: [...draft.channels],
    assetPattern: draft.assetPattern.trim() || null,
    source: draft.source.trim() || null,
    minimumSeverity: draft.minimumSeverity,
    groupBy: draft.groupBy,
    quietHours: draft.quiet
      ? {
          start: draft.quietStart,
          end: draft.quietEnd,
          timeZone: draft.timeZone.trim(),
          unless: before?.quietHours?.unless ?? null,
        }
      : null,
    repeatIntervalSeconds: draft.repeat ? Number(draft.repeat) : null,
    escalations: escalations(draft, before),
    notifyResolved: draft.notifyResolved,
    enabled: draft.enabled,
  };
}

/** The form shows the first level and its first channel: the others stay. */
function escalations(draft: Draft, before?: AlertSubscription) {
  const [first, ...later] = before?.escalations ?? [];
  if (!draft.escalateAfter || !draft.escalateTo) return later;
  const others = first?.channels.slice(1).filter((id) => id !== draft.escalateTo) ?? [];
  const afterSeconds = Math.round(Number(draft.escalateAfter) * 60);
  return [{ afterSeconds, channels: [draft.escalateTo, ...others] }, ...later];
}

export function isComplete(draft: Draft): boolean {
  return draft.name.trim() !== "" && draft.channels.length > 0;
}

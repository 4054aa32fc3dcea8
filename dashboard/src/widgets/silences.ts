/** Silences: what they mean in words, and which of them an alert falls under. */
import { matchesGlob } from "../live/glob";
import { ALERT_TYPE_LABEL } from "../quality";
import type { Alert, Silence } from "../wire";

/** The silence that keeps quiet about an alert longest; null: none is in force. */
export function silenceOver(
  silences: readonly Silence[],
  alert: Alert,
  now: number,
): Silence | null {
  return silences
    .filter((silence) => isSilenced(silence, alert, now))
    .reduce<Silence | null>(
      (longest, one) =>
        longest && Date.parse(longest.endsAt) >= Date.parse(one.endsAt) ? longest : one,
      null,
    );
}

function isSilenced(silence: Silence, alert: Alert, now: number): boolean {
  const { assetPattern, source, alertTypes, startsAt, endsAt } = silence;
  return (
    Date.parse(startsAt) <= now &&
    now < Date.parse(endsAt) &&
    (assetPattern === null || matchesGlob(assetPattern, alert.assetId)) &&
    (source === null || source === alert.source) &&
    (alertTypes.length === 0 || alertTypes.includes(alert.alertType))
  );
}

/** Assets by a pattern, a source or both. */
export function selectorOf(by: { assetPattern: string | null; source: string | null }): string {
  return [by.assetPattern, by.source && `source ${by.source}`].filter(Boolean).join(" · ");
}

export function typesOf({ alertTypes }: Silence): string {
  return alertTypes.map((type) => ALERT_TYPE_LABEL[type].toLowerCase()).join(", ");
}

/** The pattern that matches this id alone. */
export function exactly(assetId: string): string {
  return assetId.replace(/[*?[]/g, "[$&]");
}

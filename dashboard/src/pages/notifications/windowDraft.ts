/** A maintenance window as its form holds it. */
import { formatDuration, formatMinute, formatSpan, fromInput, toInput } from "../../format";
import type { MaintenanceRequest, MaintenanceWindow } from "../../wire";

export type Repetition = "once" | "daily" | "mon-fri" | "sat,sun" | Weekday | "cron";
type Weekday = (typeof WEEKDAYS)[number];

const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const DAY_NAMES = [
  "Mondays",
  "Tuesdays",
  "Wednesdays",
  "Thursdays",
  "Fridays",
  "Saturdays",
  "Sundays",
] as const;

export const REPETITIONS: readonly { value: Repetition; label: string }[] = [
  { value: "once", label: "Once" },
  { value: "daily", label: "Every day" },
  { value: "mon-fri", label: "Mondays to Fridays" },
  { value: "sat,sun", label: "At weekends" },
  ...WEEKDAYS.map((value, day) => ({ value, label: DAY_NAMES[day] as string })),
  { value: "cron", label: "By a cron schedule" },
];

export interface WindowDraft {
  name: string;
  assetPattern: string;
  source: string;
  repetition: Repetition;
  /** Once: from and until. Repeated: what bounds the repetition, or empty. */
  starts: string;
  ends: string;
  /** "02:00" */
  at: string;
  cron: string;
  minutes: string;
  timeZone: string;
  enabled: boolean;
}

export function newWindow(): WindowDraft {
  return {
    name: "",
    assetPattern: "",
    source: "",
    repetition: "once",
    starts: "",
    ends: "",
    at: "02:00",
    cron: "",
    minutes: "60",
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    enabled: true,
  };
}

export function windowDraftOf(window: MaintenanceWindow): WindowDraft {
  const fresh = newWindow();
  return {
    ...fresh,
    name: window.name,
    assetPattern: window.assetPattern ?? "",
    source: window.source ?? "",
    starts: window.startsAt ? toInput(window.startsAt) : "",
    ends: window.endsAt ? toInput(window.endsAt) : "",
    minutes: window.durationSeconds ? String(window.durationSeconds / 60) : fresh.minutes,
    timeZone: window.timeZone ?? fresh.timeZone,
    enabled: window.enabled,
    ...(window.schedule === null ? {} : repeated(window.schedule)),
  };
}

const PLAIN = /^(\d{1,2}) (\d{1,2}) \* \* (\S+)$/;

/** A schedule as a time of day on some days where it is no more than that. */
function repeated(schedule: string): Pick<WindowDraft, "repetition" | "cron"> & { at?: string } {
  const [, minute = "", hour = "", days = ""] = PLAIN.exec(schedule) ?? [];
  const repetition = days === "*" ? "daily" : days.toLowerCase();
  const known = REPETITIONS.find(({ value }) => value === repetition)?.value;
  if (!known || known === "once" || known === "cron") return { repetition: "cron", cron: schedule };
  return {
    repetition: known,
    cron: schedule,
    at: `${hour.padStart(2, "0")}:${minute.padStart(2, "0")}`,
  };
}

export function scheduleOf({ repetition, at, cron }: WindowDraft): string | null {
  if (repetition === "once") return null;
  if (repetition === "cron") return cron.trim();
  const [hour, minute] = at.split(":").map(Number);
  return `${minute} ${hour} * * ${repetition === "daily" ? "*" : repetition}`;
}

export function windowRequestOf(draft: WindowDraft): MaintenanceRequest {
  const schedule = scheduleOf(draft);
  const repeats = schedule !== null;
  return {
    name: draft.name.trim(),
    assetPattern: draft.assetPattern.trim() || null,
    source: draft.source.trim() || null,
    startsAt: draft.starts ? fromInput(draft.starts) : null,
    endsAt: draft.ends ? fromInput(draft.ends) : null,
    schedule,
    durationSeconds: repeats ? Math.round(Number(draft.minutes) * 60) : null,
    timeZone: repeats ? draft.timeZone.trim() : null,
    enabled: draft.enabled,
  };
}

export function isWindowComplete(draft: WindowDraft): boolean {
  const selects = draft.assetPattern.trim() !== "" || draft.source.trim() !== "";
  if (draft.name.trim() === "" || !selects) return false;
  if (draft.repetition === "once") return draft.starts !== "" && draft.ends !== "";
  const timed = draft.repetition === "cron" ? draft.cron.trim() !== "" : draft.at !== "";
  return timed && Number(draft.minutes) >= 1 && draft.timeZone.trim() !== "";
}

/** When a window is, in words. */
export function occasions(window: MaintenanceWindow): string {
  const { schedule, startsAt, endsAt, durationSeconds, timeZone } = window;
  if (schedule === null) {
    return startsAt && endsAt ? formatSpan(startsAt, endsAt) : "";
  }
  const { repetition, at } = repeated(schedule);
  const label = REPETITIONS.find(({ value }) => value === repetition)?.label;
  const when = at ? `${label}, ${at}` : schedule;
  return [
    `${when} ${timeZone}, for ${formatDuration(durationSeconds ?? 0)}`,
    startsAt && `from ${formatMinute(startsAt)}`,
    endsAt && `until ${formatMinute(endsAt)}`,
  ]
    .filter(Boolean)
    .join(", ");
}

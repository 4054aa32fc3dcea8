/** Numbers and times as people read them. */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const oneDecimal = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const absolute = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const minutes = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** 93.46 -> "93.5"; a dash where there is nothing. */
export function formatScore(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  return value.toFixed(1);
}

export function formatCount(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  return Math.abs(value) < 100_000 ? whole.format(value) : compact.format(value);
}

/** Per second: one decimal while it is small. */
export function formatRate(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  return value < 10 ? value.toFixed(1) : formatCount(value);
}

/** An alert's message with a true arrow, which no line ends at or within. */
export function formatMessage(message: string): string {
  return message.replaceAll(" -> ", "\u00a0→\u00a0");
}

/** A change as it is shown, to one decimal: what rounds to nothing has no direction. */
export function roundedChange(value: number): number {
  return (Math.sign(value) * Math.round(Math.abs(value) * 10)) / 10;
}

/** With its sign always shown, so that direction never hangs on colour. */
export function formatChange(value: number): string {
  const rounded = roundedChange(value);
  if (rounded === 0) return "±0";
  return `${rounded > 0 ? "+" : "−"}${oneDecimal.format(Math.abs(rounded))}`;
}

export function formatTime(time: string | number): string {
  return absolute.format(new Date(time));
}

/** "26 Nov 2026, 06:00": for what is planned, to which seconds say nothing. */
export function formatMinute(time: string | number): string {
  return minutes.format(new Date(time));
}

/** "28 Nov 2026, 20:00 – 23:00": the day is told once where there is but one. */
export function formatSpan(from: string | number, to: string | number): string {
  return minutes.formatRange(new Date(from), new Date(to));
}

/** "14:03" */
export function formatClock(time: string | number): string {
  return clock.format(new Date(time));
}

/** "just now", "42 s ago", "3 min ago", "5 h ago", "2 d ago", then the date. */
export function formatAgo(time: string | number, now: number): string {
  const elapsed = now - new Date(time).getTime();
  if (elapsed < 0) return elapsed > -5_000 ? "just now" : formatTime(time);
  if (elapsed < 2_000) return "just now";
  if (elapsed < MINUTE) return `${Math.floor(elapsed / 1000)} s ago`;
  if (elapsed < HOUR) return `${Math.floor(elapsed / MINUTE)} min ago`;
  if (elapsed < DAY) return `${Math.floor(elapsed / HOUR)} h ago`;
  if (elapsed < 30 * DAY) return `${Math.floor(elapsed / DAY)} d ago`;
  return formatTime(time);
}

/** The later of two times as the wire writes them; fractions of a second may be there or not. */
export function later(a: string, b: string): string {
  return Date.parse(a) > Date.parse(b) ? a : b;
}

/** Seconds as "42 s", "3 min 10 s", "2 h 5 min", "4 d 2 h". */
export function formatDuration(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  const parts: [number, string][] = [
    [Math.floor(total / 86_400), "d"],
    [Math.floor(total / 3_600) % 24, "h"],
    [Math.floor(total / 60) % 60, "min"],
    [total % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return "0 s";
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}

/** A time as an input of type `datetime-local` takes it: this device's time, to the minute. */
export function toInput(time: string): string {
  const date = new Date(time);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * MINUTE);
  return local.toISOString().slice(0, 16);
}

/** What such an input holds as the wire writes it. */
export function fromInput(text: string): string {
  return new Date(text).toISOString();
}

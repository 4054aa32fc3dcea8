/** Short messages at the edge of the screen; any module may raise one. */
import { Signal } from "../live/signal";

export interface Toast {
  id: number;
  tone: "plain" | "good" | "critical";
  title: string;
  text?: string;
  action?: { label: string; run: () => void };
  href?: string;
  /** Takes the place of the message shown with the same key. */
  key?: string;
}

const MOST_SHOWN = 4;

export const toasts = new Signal<readonly Toast[]>([]);
let lastId = 0;

export function toast(message: Omit<Toast, "id" | "tone"> & { tone?: Toast["tone"] }): void {
  const shown: Toast = { tone: "plain", ...message, id: ++lastId };
  const others = toasts.get().filter(({ key }) => key === undefined || key !== message.key);
  toasts.set([...others, shown].slice(-MOST_SHOWN));
}

export function isToastShown(key: string): boolean {
  return toasts.get().some((shown) => shown.key === key);
}

export function dismissToast(id: number): void {
  const left = toasts.get().filter((shown) => shown.id !== id);
  if (left.length < toasts.get().length) toasts.set(left);
}

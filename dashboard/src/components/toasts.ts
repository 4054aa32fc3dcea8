/** Short messages at the edge of the screen; any module may raise one. */
import { Signal } from "../live/signal";

export interface Toast {
  id: number;
  tone: "plain" | "good" | "critical";
  title: string;
  text?: string;
  action?: { label: string; run: () => void };
  href?: string;
}

const MOST_SHOWN = 4;
const SHOWN_FOR = 7_000;

export const toasts = new Signal<readonly Toast[]>([]);
let lastId = 0;

export function toast(message: Omit<Toast, "id" | "tone"> & { tone?: Toast["tone"] }): number {
  const id = ++lastId;
  const shown: Toast = { tone: "plain", ...message, id };
  toasts.set([...toasts.get(), shown].slice(-MOST_SHOWN));
  setTimeout(() => dismissToast(id), SHOWN_FOR);
  return id;
}

export function dismissToast(id: number): void {
  const left = toasts.get().filter((shown) => shown.id !== id);
  if (left.length < toasts.get().length) toasts.set(left);
}

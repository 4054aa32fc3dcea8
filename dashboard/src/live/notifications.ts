/** Browser notifications of new alerts: asked for on a click, remembered on this device. */

import { formatMessage } from "../format";
import { SEVERITY_LABEL, SEVERITY_RANK } from "../quality";
import type { Alert, Severity } from "../wire";
import { Signal } from "./signal";

export interface NotificationChoice {
  enabled: boolean;
  /** Least severity that is notified. */
  severity: Severity;
}

const KEY = "tidemark.notifications";
const DEFAULT: NotificationChoice = { enabled: false, severity: "high" };

export type Permission = NotificationPermission | "unsupported";

export const notificationPermission = new Signal<Permission>(currentPermission());
export const notificationChoice = new Signal<NotificationChoice>(remembered());

/** Ask the user; call it from a click only. Returns whether notifications may be shown. */
export async function enableNotifications(): Promise<boolean> {
  if (currentPermission() === "unsupported") return false;
  notificationPermission.set(await Notification.requestPermission());
  const granted = notificationPermission.get() === "granted";
  if (granted) chooseNotifications({ ...notificationChoice.get(), enabled: true });
  return granted;
}

export function chooseNotifications(choice: NotificationChoice): void {
  notificationChoice.set(choice);
  try {
    localStorage.setItem(KEY, JSON.stringify(choice));
  } catch {
    // Storage is refused: the choice lasts as long as the page.
  }
}

/** Tell of a new alert where the user wants it and is not looking at the page. */
export function notify(alert: Alert, open: (alert: Alert) => void): void {
  if (!isWanted(alert, notificationChoice.get()) || !document.hidden) return;
  // Asked last: the browser takes milliseconds to say, too long for each alert of a storm.
  if (currentPermission() !== "granted") return;
  const shown = new Notification(`${SEVERITY_LABEL[alert.severity]}: ${alert.assetName}`, {
    body: formatMessage(alert.message),
    tag: alert.id,
    icon: "/favicon.svg",
  });
  shown.onclick = () => {
    window.focus();
    open(alert);
    shown.close();
  };
}

function isWanted(alert: Pick<Alert, "severity" | "status">, choice: NotificationChoice): boolean {
  return (
    choice.enabled &&
    alert.status === "active" &&
    SEVERITY_RANK[alert.severity] >= SEVERITY_RANK[choice.severity]
  );
}

function currentPermission(): Permission {
  return typeof Notification === "undefined" ? "unsupported" : Notification.permission;
}

function remembered(): NotificationChoice {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "null") as Partial<NotificationChoice>;
    const severity = stored?.severity ?? DEFAULT.severity;
    return {
      enabled: stored?.enabled === true,
      severity: severity in SEVERITY_RANK ? severity : DEFAULT.severity,
    };
  } catch {
    return DEFAULT;
  }
}

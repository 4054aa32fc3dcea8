import { useEffect } from "react";
import { toast } from "../components/toasts";
import { useSession } from "../live/context";
import { subject } from "../pages/notifications/subject";
import type { Notification } from "../wire";
import { alertHref } from "./routes";

/** What the user's own subscriptions send to this dashboard is shown wherever they are. */
export function useNotices(): void {
  const session = useSession();
  useEffect(
    () =>
      session.onNotification((notification) => {
        if (!isAnnounced(notification)) toast({ key: notification.id, ...notice(notification) });
      }),
    [session],
  );
}

function notice(notification: Notification) {
  const [first, ...others] = notification.alerts;
  return {
    title: notification.subscription ?? "Tidemark can reach you here",
    text: subject(notification),
    href: first && (others.length ? "/alerts" : alertHref(first.alert.id)),
  };
}

/** A critical alert is announced to everybody as it arrives. */
function isAnnounced({ alerts }: Notification): boolean {
  return (
    alerts.length > 0 &&
    alerts.every(({ occasion, alert }) => occasion === "raised" && alert.severity === "critical")
  );
}

import { useEffect, useRef } from "react";
import { useLocation } from "wouter";
import { isToastShown, toast } from "../components/toasts";
import { formatMessage } from "../format";
import { useSession } from "../live/context";
import { notify } from "../live/notifications";
import type { Alert } from "../wire";
import { alertHref } from "./routes";

const CRITICAL = "critical-alerts";

/** Critical alerts raise a toast wherever the user is, and notifications where they asked. */
export function useAlertAnnouncements(): void {
  const session = useSession();
  const [path, navigate] = useLocation();
  const onAlerts = path === "/alerts";
  const count = useRef(0);
  useEffect(
    () =>
      session.onAlert((alert) => {
        notify(alert, ({ id }) => navigate(alertHref(id)));
        if (alert.severity !== "critical" || alert.status !== "active" || onAlerts) return;
        count.current = isToastShown(CRITICAL) ? count.current + 1 : 1;
        toast({ key: CRITICAL, tone: "critical", ...announcement(alert, count.current) });
      }),
    [session, navigate, onAlerts],
  );
}

/** Of several in a row one message tells: how many, and of the newest. */
function announcement(alert: Alert, count: number) {
  if (count === 1) {
    return {
      title: "Critical alert",
      text: formatMessage(alert.message),
      href: alertHref(alert.id),
    };
  }
  return {
    title: `${count} critical alerts`,
    text: `The newest: ${formatMessage(alert.message)}`,
    href: "/alerts?severity=critical",
  };
}

import { lazy, Suspense, useEffect } from "react";
import { Route, Switch, useLocation } from "wouter";
import { Skeleton } from "../components/Feedback";
import { toast } from "../components/toasts";
import { useSession } from "../live/context";
import { notify } from "../live/notifications";
import { useSignal } from "../live/signal";
import { useFollow } from "../live/useFollow";
import { NotFound } from "../pages/NotFound";
import { Overview } from "../pages/Overview";
import { SEVERITIES, SEVERITY_LABEL } from "../quality";
import { alertHref } from "./routes";
import { Shell } from "./Shell";

const Alerts = lazy(async () => ({ default: (await import("../pages/Alerts")).Alerts }));
const Assets = lazy(async () => ({ default: (await import("../pages/Assets")).Assets }));

const AssetDetail = lazy(async () => ({
  default: (await import("../pages/AssetDetail")).AssetDetail,
}));
const Notifications = lazy(async () => ({
  default: (await import("../pages/Notifications")).Notifications,
}));
const System = lazy(async () => ({ default: (await import("../pages/System")).System }));

const ALERTS_ONLY = ["alerts"] as const;

export function App() {
  const session = useSession();
  const stats = useSignal(session.overall.stats);
  useFollow(undefined, ALERTS_ONLY);
  useAlertAnnouncements();
  const open =
    stats && SEVERITIES.reduce((sum, one) => sum + (stats.alertsBySeverity[one] ?? 0), 0);
  return (
    <Shell openAlerts={open}>
      <Suspense fallback={<Skeleton lines={8} height={24} />}>
        <Switch>
          <Route path="/" component={Overview} />
          <Route path="/alerts" component={Alerts} />
          <Route path="/assets" component={Assets} />
          <Route path="/assets/:id" component={AssetDetail} />
          <Route path="/notifications" component={Notifications} />
          <Route path="/system" component={System} />
          <Route component={NotFound} />
        </Switch>
      </Suspense>
    </Shell>
  );
}

/** Critical alerts raise a toast wherever the user is, and notifications where they asked. */
function useAlertAnnouncements(): void {
  const session = useSession();
  const [path, navigate] = useLocation();
  const onAlerts = path === "/alerts";
  useEffect(
    () =>
      session.onAlert((alert) => {
        notify(alert, ({ id }) => navigate(alertHref(id)));
        if (alert.severity !== "critical" || onAlerts) return;
        toast({
          tone: "critical",
          title: `${SEVERITY_LABEL[alert.severity]}: ${alert.assetName}`,
          text: alert.message,
          href: alertHref(alert.id),
        });
      }),
    [session, navigate, onAlerts],
  );
}

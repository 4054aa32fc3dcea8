import { lazy, Suspense } from "react";
import { Route, Switch } from "wouter";
import { Skeleton } from "../components/Feedback";
import { useSession } from "../live/context";
import { useSignal } from "../live/signal";
import { useFollow } from "../live/useFollow";
import { NotFound } from "../pages/NotFound";
import { Overview } from "../pages/Overview";
import { SEVERITIES } from "../quality";
import { Shell } from "./Shell";
import { useAlertAnnouncements } from "./useAlertAnnouncements";
import { useNotices } from "./useNotices";

const Alerts = lazy(async () => ({ default: (await import("../pages/Alerts")).Alerts }));
const Assets = lazy(async () => ({ default: (await import("../pages/Assets")).Assets }));
const AssetDetail = lazy(async () => ({
  default: (await import("../pages/AssetDetail")).AssetDetail,
}));
const Notifications = lazy(async () => ({
  default: (await import("../pages/Notifications")).Notifications,
}));
const System = lazy(async () => ({ default: (await import("../pages/system/System")).System }));

const ALERTS_ONLY = ["alerts"] as const;

export function App() {
  const session = useSession();
  const stats = useSignal(session.overall.stats);
  useFollow(undefined, ALERTS_ONLY);
  useAlertAnnouncements();
  useNotices();
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

import { Route, Switch } from "wouter";
import { useSession } from "../live/context";
import { useSignal } from "../live/signal";
import { useFollow } from "../live/useFollow";
import { NotFound } from "../pages/NotFound";
import { Overview } from "../pages/Overview";
import { SEVERITIES } from "../quality";
import { page } from "./page";
import { Shell } from "./Shell";
import { useAlertAnnouncements } from "./useAlertAnnouncements";
import { useNotices } from "./useNotices";

const Alerts = page("Alerts", async () => (await import("../pages/Alerts")).Alerts);
const Assets = page("Assets", async () => (await import("../pages/Assets")).Assets);
const AssetDetail = page(
  "AssetDetail",
  async () => (await import("../pages/AssetDetail")).AssetDetail,
);
const Notifications = page(
  "Notifications",
  async () => (await import("../pages/Notifications")).Notifications,
);
const System = page("System", async () => (await import("../pages/system/System")).System);

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
      <Switch>
        <Route path="/" component={Overview} />
        <Route path="/alerts" component={Alerts} />
        <Route path="/assets" component={Assets} />
        <Route path="/assets/:id" component={AssetDetail} />
        <Route path="/notifications" component={Notifications} />
        <Route path="/system" component={System} />
        <Route component={NotFound} />
      </Switch>
    </Shell>
  );
}

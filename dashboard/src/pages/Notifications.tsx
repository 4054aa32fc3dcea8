import { BellRing } from "lucide-react";
import { SeverityBadge } from "../components/Badge";
import { Button } from "../components/Button";
import { Card } from "../components/Card";
import { CopyBlock } from "../components/CopyBlock";
import { Select } from "../components/Field";
import { PageHead } from "../components/PageHead";
import {
  chooseNotifications,
  enableNotifications,
  notificationChoice,
  notificationPermission,
  type Permission,
} from "../live/notifications";
import { useSignal } from "../live/signal";
import { SEVERITIES, SEVERITY_LABEL } from "../quality";
import type { Severity } from "../wire";
import styles from "./Notifications.module.css";
import { ChannelsCard } from "./notifications/ChannelsCard";
import { DeliveriesCard } from "./notifications/DeliveriesCard";
import { MaintenanceCard } from "./notifications/MaintenanceCard";
import { OwnersCard } from "./notifications/OwnersCard";
import { SilencesCard } from "./notifications/SilencesCard";
import { SubscriptionsCard } from "./notifications/SubscriptionsCard";

/** How to be told of alerts: by channels, in this browser, and over Kafka. */
export function Notifications() {
  return (
    <>
      <PageHead title="Notifications" />
      <div className={styles.grid}>
        <div className={styles.column}>
          <SubscriptionsCard />
          <ChannelsCard />
          <DeliveriesCard />
          <BrowserNotifications />
        </div>
        <div className={styles.column}>
          <SilencesCard />
          <MaintenanceCard />
          <OwnersCard />
          <AlertTopics />
        </div>
      </div>
    </>
  );
}

const EXPLANATION: Readonly<Record<Permission, string>> = {
  default: "The browser will ask for your permission.",
  granted: "This browser may show notifications.",
  denied: "You have refused notifications of this page. Allow them in the browser's site settings.",
  unsupported: "This browser shows no notifications here. They need https or localhost.",
};

const CHOICES = SEVERITIES.map((severity) => ({
  value: severity,
  label: severity === "critical" ? "Critical only" : `${SEVERITY_LABEL[severity]} and worse`,
}));

function BrowserNotifications() {
  const permission = useSignal(notificationPermission);
  const choice = useSignal(notificationChoice);
  const on = choice.enabled && permission === "granted";
  return (
    <Card title="In this browser" aside={on ? "On" : "Off"}>
      <div className={styles.stack}>
        <p>
          Be told of new alerts while Tidemark is open in a tab you are not looking at.{" "}
          {EXPLANATION[permission]}
        </p>
        <div className={styles.line}>
          {on ? (
            <Button onClick={() => chooseNotifications({ ...choice, enabled: false })}>
              Turn off
            </Button>
          ) : (
            <Button
              look="primary"
              icon={<BellRing aria-hidden />}
              disabled={permission === "denied" || permission === "unsupported"}
              onClick={() => void enableNotifications()}
            >
              Turn on
            </Button>
          )}
          <Select<Severity>
            label="Least severity"
            value={choice.severity}
            choices={CHOICES}
            onChange={(severity) => chooseNotifications({ ...choice, severity })}
          />
        </div>
        <p className={styles.muted}>Both are remembered on this device.</p>
      </div>
    </Card>
  );
}

const TOPICS: readonly { name: string; severity?: Severity; what: string }[] = [
  { name: "quality.alerts", what: "every step of every alert: raised, acknowledged, resolved" },
  { name: "quality.alerts.critical", severity: "critical", what: "newly raised" },
  { name: "quality.alerts.high", severity: "high", what: "newly raised" },
  { name: "quality.alerts.medium", severity: "medium", what: "newly raised" },
];

const EXAMPLE = "kcat -b localhost:9092 -t quality.alerts.critical -o end";

function AlertTopics() {
  return (
    <Card title="Over Kafka">
      <div className={styles.stack}>
        <p>
          A pager, a bot or a job of yours can read alerts from these topics. The prefix{" "}
          <code>quality</code> is a setting.
        </p>
        <ul className={styles.topics}>
          {TOPICS.map(({ name, severity, what }) => (
            <li key={name}>
              <code>{name}</code>
              <span>
                {severity && <SeverityBadge severity={severity} />} {what}
              </span>
            </li>
          ))}
        </ul>
        <CopyBlock text={EXAMPLE} />
      </div>
    </Card>
  );
}

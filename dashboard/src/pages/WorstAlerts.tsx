import { useMemo } from "react";
import { Link } from "wouter";
import { alertHref } from "../app/routes";
import { SeverityBadge } from "../components/Badge";
import { Card } from "../components/Card";
import { EmptyState, Skeleton } from "../components/Feedback";
import { MoreLink } from "../components/MoreLink";
import { useNow } from "../components/useNow";
import { formatAgo, formatMessage, formatTime } from "../format";
import { useSession } from "../live/context";
import { PACE, useSignal } from "../live/signal";
import { SEVERITY_RANK } from "../quality";
import type { Alert } from "../wire";
import styles from "./WorstAlerts.module.css";

const SHOWN = 6;

/** The active alerts that matter most, worst and newest first. */
export function WorstAlerts() {
  const session = useSession();
  const known = useSignal(session.alerts.list, PACE);
  const epoch = useSignal(session.epoch);
  const worst = useMemo(() => worstFirst(known).slice(0, SHOWN), [known]);
  return (
    <Card title="Worst active alerts" aside={<MoreLink href="/alerts">All alerts</MoreLink>} flush>
      {worst.length > 0 ? (
        <ul>
          {worst.map((alert) => (
            <AlertLine key={alert.id} alert={alert} />
          ))}
        </ul>
      ) : epoch === 0 ? (
        <Skeleton lines={5} height={24} />
      ) : (
        <EmptyState title="All quiet">
          <p>No alert is waiting for anybody.</p>
        </EmptyState>
      )}
    </Card>
  );
}

function worstFirst(alerts: readonly Alert[]): Alert[] {
  return alerts
    .filter(({ status }) => status === "active")
    .sort((a, b) => SEVERITY_RANK[b.severity] - SEVERITY_RANK[a.severity]);
}

function AlertLine({ alert }: { alert: Alert }) {
  const now = useNow(5_000);
  return (
    <li>
      <Link href={alertHref(alert.id)} className={styles.line}>
        <SeverityBadge severity={alert.severity} iconOnly />
        <span className={styles.words}>
          <strong>{formatMessage(alert.message)}</strong>
          <span>{alert.assetId}</span>
        </span>
        <time dateTime={alert.timestamp} title={formatTime(alert.timestamp)}>
          {formatAgo(alert.timestamp, now)}
        </time>
      </Link>
    </li>
  );
}

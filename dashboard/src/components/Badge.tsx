import {
  ArrowDownRight,
  ArrowRight,
  ArrowUpRight,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CircleDot,
  CircleMinus,
  CircleX,
  Info,
  OctagonAlert,
  TriangleAlert,
  UserCheck,
} from "lucide-react";
import { formatChange, roundedChange } from "../format";
import { HEALTH_LABEL, type Health, improvement, SEVERITY_LABEL, STATUS_LABEL } from "../quality";
import type { AlertStatus, MetricType, Severity } from "../wire";
import styles from "./Badge.module.css";

const SEVERITY_ICON = {
  critical: OctagonAlert,
  high: TriangleAlert,
  medium: CircleAlert,
  low: Info,
} as const;

/** Severity by colour, shape and word. */
export function SeverityBadge({ severity, iconOnly }: { severity: Severity; iconOnly?: boolean }) {
  const Icon = SEVERITY_ICON[severity];
  return (
    <span className={`${styles.badge} ${styles[severity]} ${iconOnly ? styles.bare : ""}`}>
      <Icon aria-hidden />
      <span className={iconOnly ? styles.spoken : ""}>{SEVERITY_LABEL[severity]}</span>
    </span>
  );
}

const STATUS_ICON = {
  active: CircleDot,
  acknowledged: UserCheck,
  resolved: CircleCheck,
  ignored: CircleMinus,
} as const;

export function StatusBadge({ status }: { status: AlertStatus }) {
  const Icon = STATUS_ICON[status];
  return (
    <span className={`${styles.status} ${styles[`status-${status}`]}`}>
      <Icon aria-hidden />
      {STATUS_LABEL[status]}
    </span>
  );
}

const HEALTH_ICON = {
  good: CircleCheck,
  fair: CircleAlert,
  poor: CircleX,
  unknown: CircleDashed,
} as const;

export function HealthBadge({ health }: { health: Health }) {
  const Icon = HEALTH_ICON[health];
  return (
    <span className={`${styles.badge} ${styles[`health-${health}`]}`}>
      <Icon aria-hidden />
      {HEALTH_LABEL[health]}
    </span>
  );
}

/** A move with its arrow and sign; coloured by whether it is for the better. */
export function ChangeBadge({ metric, change: exact }: { metric: MetricType; change: number }) {
  const change = roundedChange(exact);
  const Icon = change > 0 ? ArrowUpRight : change < 0 ? ArrowDownRight : ArrowRight;
  const tone = { "1": styles.better, "-1": styles.worse, "0": styles.same }[
    `${improvement(metric, change)}` as const
  ];
  return (
    <span className={`${styles.change} ${tone}`}>
      <Icon aria-hidden />
      {formatChange(change)}
    </span>
  );
}

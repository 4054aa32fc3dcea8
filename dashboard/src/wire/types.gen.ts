/* Generated from schemas/ by `npm run types`. Do not edit: change the schema instead. */

/**
 * What happened.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "AlertType".
 */
export type AlertType =
  "issue_resolved" | "new_issues" | "profiling_complete" | "score_improvement" | "sudden_drop" | "threshold_breach";
/**
 * How bad it is.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Severity".
 */
export type Severity = "critical" | "high" | "low" | "medium";
/**
 * Where an alert stands.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "AlertStatus".
 */
export type AlertStatus = "acknowledged" | "active" | "ignored" | "resolved";
/**
 * What the alerts of one message have in common.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "GroupBy".
 */
export type GroupBy = "alert" | "owner" | "source";
/**
 * What a value measures.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "MetricType".
 */
export type MetricType =
  | "accuracy"
  | "completeness"
  | "consistency"
  | "integrity"
  | "issues"
  | "lineage"
  | "profiling"
  | "score"
  | "timeliness"
  | "uniqueness"
  | "validity";
/**
 * A step in the life of an alert.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "StepAction".
 */
export type StepAction = "acknowledge" | "assign" | "comment" | "ignore" | "reopen" | "resolve";
/**
 * How a channel is spoken to.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "ChannelKind".
 */
export type ChannelKind = "apprise" | "webhook" | "websocket";
/**
 * Why an alert is told of.
 *
 * `worsened`: an alert that was told already has risen in severity; `repeated`: it is
 * still active; `unacknowledged`: nobody has acknowledged it in time.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Occasion".
 */
export type Occasion = "raised" | "repeated" | "resolved" | "unacknowledged" | "worsened";
/**
 * What became of a message.
 *
 * `failed`: given up after the last attempt, see the dead letters; `interrupted`: a process
 * ended while sending, so nobody knows whether it arrived, and it is not sent again
 * unless somebody asks; `cancelled`: its channel is gone.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "DeliveryState".
 */
export type DeliveryState = "cancelled" | "failed" | "interrupted" | "pending" | "sending" | "sent";
/**
 * What a token may do: read; take steps; send events; everything.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Role".
 */
export type Role = "admin" | "ingester" | "operator" | "viewer";
/**
 * What went wrong, for programs; the same codes in REST problems and socket errors.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "ProblemCode".
 */
export type ProblemCode =
  | "bad_request"
  | "conflict"
  | "host_not_allowed"
  | "idempotency_conflict"
  | "internal"
  | "invalid_field"
  | "invalid_json"
  | "method_not_allowed"
  | "not_allowed"
  | "not_authenticated"
  | "not_found"
  | "origin_not_allowed"
  | "rate_limited"
  | "step_not_possible"
  | "too_large"
  | "too_many_subscriptions"
  | "unavailable"
  | "unknown_type"
  | "unsupported_media_type";
/**
 * What is pushed: metric changes, or alerts and their steps.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Kind".
 */
export type Kind = "alerts" | "changes";
/**
 * Where a dead letter lies, and when it got there (milliseconds since the epoch).
 *
 * The time tells it from one at the same place of a topic that was made anew.
 *
 * @minItems 3
 * @maxItems 3
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "LetterId".
 */
export type LetterId = unknown[];
/**
 * Why going on from a position is impossible.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "ResumeFailureReason".
 */
export type ResumeFailureReason = "invalid" | "too_far" | "too_old" | "unavailable";

export interface Wire {}
/**
 * Somebody looks after the alert.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "AcknowledgeRequest".
 */
export interface AcknowledgeRequest {
  comment?: string | null;
}
/**
 * An alert as it stands after one step of its life.
 *
 * `quality.alerts` carries one of these for every step. `id` is the same in
 * all of them (UUIDv5 of event and rule); `step_id` is unique to the step and
 * equal in every redelivery of it, so a reader that remembers step ids sees
 * each step once. `changed_by` is `pipeline` for steps of the stream and the
 * actor's name for steps taken at the edge.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Alert".
 */
export interface Alert {
  id: string;
  assetId: string;
  assetName: string;
  alertType: AlertType;
  message: string;
  severity: Severity;
  status: AlertStatus;
  timestamp: string;
  metadata: AlertMetadata;
  stepId: string;
  changedAt: string;
  source?: string | null;
  changedBy?: string;
  resolution?: string | null;
  comment?: string | null;
  assignee?: string | null;
}
/**
 * What led to the alert. `rule` names the operator, e.g. `score_drop` or `stale`.
 *
 * `occurrences` counts, from the second on, what joined an alert that was open already;
 * `worsened_from` is its severity before, where this step raised it. Of a score made from
 * dimensions, `contributions` are the points by which each moved it, and `left_out` the
 * dimensions with a weight that had no value, or too old a one. Of a learned limit,
 * `expected_value` is what was expected and `limit` the bound.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "AlertMetadata".
 */
export interface AlertMetadata {
  rule: string;
  metricType?: string | null;
  previousValue?: number | null;
  currentValue?: number | null;
  change?: number | null;
  eventId?: string | null;
  expectedIntervalSeconds?: number | null;
  lastSeen?: string | null;
  occurrences?: number | null;
  worsenedFrom?: Severity | null;
  contributions?: {
    [k: string]: number;
  } | null;
  leftOut?: string[] | null;
  expectedValue?: number | null;
  limit?: number | null;
}
/**
 * A single thing.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "AlertAnswer".
 */
export interface AlertAnswer {
  data: Alert;
  count?: number;
  success?: true;
}
/**
 * Which alerts are meant; what is not given does not restrict.
 *
 * `asset_id` is an id or a glob (`*`, `?`, `[ab]`); `query` searches message,
 * asset, resolution and comment; times are of the alert's timestamp, `since` inclusive and
 * `until` exclusive.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "AlertFilter".
 */
export interface AlertFilter {
  ids?: string[] | null;
  status?: AlertStatus[] | null;
  severity?: Severity[] | null;
  alertType?: AlertType[] | null;
  assetId?: string | null;
  assignee?: string | null;
  query?: string | null;
  since?: string | null;
  until?: string | null;
}
/**
 * A list. `next_cursor` asks for what follows; null on the last page.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "AlertPage".
 */
export interface AlertPage {
  data: Alert[];
  count: number;
  nextCursor?: string | null;
  success?: true;
}
/**
 * A subscription as it stands. `scope`: its author's asset globs, it reaches no further.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "AlertSubscription".
 */
export interface AlertSubscription {
  id: string;
  actor: string;
  scope: string[];
  name: string;
  channels: string[];
  assetPattern: string | null;
  source: string | null;
  owner: string | null;
  alertTypes: AlertType[];
  minimumSeverity: Severity;
  escalations: Escalation[];
  quietHours: QuietHours | null;
  groupBy: GroupBy;
  groupWaitSeconds: number;
  groupIntervalSeconds: number;
  repeatIntervalSeconds: number | null;
  notifyResolved: boolean;
  mutedBySource: boolean;
  enabled: boolean;
  createdAt: string;
  updatedAt: string;
}
/**
 * Who else is told when nobody has acknowledged `after_seconds` after the first message.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Escalation".
 */
export interface Escalation {
  afterSeconds: number;
  /**
   * @minItems 1
   * @maxItems 20
   */
  channels: string[];
}
/**
 * From `start` to `end` (past midnight if that is earlier) nothing is told.
 *
 * What is still true when they end is told then. Alerts of at least the severity
 * `unless` are told all the same; null: none.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "QuietHours".
 */
export interface QuietHours {
  start: string;
  end: string;
  /**
   * IANA name
   */
  timeZone: string;
  unless?: Severity | null;
}
/**
 * A single thing.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "AlertSubscriptionAnswer".
 */
export interface AlertSubscriptionAnswer {
  data: AlertSubscription;
  count?: number;
  success?: true;
}
/**
 * A list. `next_cursor` asks for what follows; null on the last page.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "AlertSubscriptionPage".
 */
export interface AlertSubscriptionPage {
  data: AlertSubscription[];
  count: number;
  nextCursor?: string | null;
  success?: true;
}
/**
 * Which alerts are told to which channels, and how; what is null does not restrict.
 *
 * `asset_pattern` is an id or a glob; `owner` is the asset's. Grouped alerts of a source or
 * owner wait `group_wait_seconds` for others (null: 30, or 0 where each is told by
 * itself) and come at most every `group_interval_seconds` (null: 300, or 0).
 * `repeat_interval_seconds` reminds of what stays active; null: never. With
 * `muted_by_source` the alerts of a source's assets are not told while an alert at least as
 * severe is active on the asset that is named like the source. `actor` is for
 * admins: whose it is, if not their own.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "AlertSubscriptionRequest".
 */
export interface AlertSubscriptionRequest {
  name: string;
  /**
   * @minItems 1
   * @maxItems 20
   */
  channels: string[];
  assetPattern?: string | null;
  source?: string | null;
  owner?: string | null;
  alertTypes?: AlertType[];
  /**
   * How bad it is.
   */
  minimumSeverity?: "critical" | "high" | "low" | "medium";
  /**
   * @maxItems 5
   */
  escalations?: Escalation[];
  quietHours?: QuietHours | null;
  /**
   * What the alerts of one message have in common.
   */
  groupBy?: "alert" | "owner" | "source";
  groupWaitSeconds?: number | null;
  groupIntervalSeconds?: number | null;
  repeatIntervalSeconds?: number | null;
  notifyResolved?: boolean;
  mutedBySource?: boolean;
  enabled?: boolean;
  actor?: string | null;
}
/**
 * An asset and how it stands. Values are null where none was ever reported.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Asset".
 */
export interface Asset {
  assetId: string;
  assetName: string;
  firstSeen: string;
  lastSeen: string;
  activeAlerts: number;
  assetType?: string | null;
  source?: string | null;
  score?: number | null;
  issues?: number | null;
  worstSeverity?: Severity | null;
}
/**
 * A single thing.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "AssetAnswer".
 */
export interface AssetAnswer {
  data: Asset;
  count?: number;
  success?: true;
}
/**
 * An asset's dimensions and their weighted average, sum(w * s) / sum(w).
 *
 * The average is over those that are not stale. `missing` have a weight in the settings,
 * and were never reported.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "AssetDimensions".
 */
export interface AssetDimensions {
  assetId: string;
  assetName: string;
  weightedScore: number | null;
  dimensions: DimensionScore[];
  missing: MetricType[];
}
/**
 * The newest score (0-100) of one dimension of one asset and what it weighs.
 *
 * `stale`: it is too old beside the newest of the asset's dimensions to count.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "DimensionScore".
 */
export interface DimensionScore {
  assetId: string;
  assetName: string;
  dimension: MetricType;
  score: number;
  weight: number;
  timestamp: string;
  stale?: boolean;
}
/**
 * A list. `next_cursor` asks for what follows; null on the last page.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "AssetDimensionsPage".
 */
export interface AssetDimensionsPage {
  data: AssetDimensions[];
  count: number;
  nextCursor?: string | null;
  success?: true;
}
/**
 * A list. `next_cursor` asks for what follows; null on the last page.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "AssetPage".
 */
export interface AssetPage {
  data: Asset[];
  count: number;
  nextCursor?: string | null;
  success?: true;
}
/**
 * When an asset raises alerts, as the settings of the edge that answers have it.
 *
 * Drops in points (`dimension_drop` null: dimensions raise none of their own), `new_issues`
 * in issues, `minimum_change` in points; `stale_after` in seconds without an event, null
 * where it is learned from the asset. `incidents`, `predicted_breach` and `learned_limits`
 * are null where they are switched off.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "AssetThresholds".
 */
export interface AssetThresholds {
  assetId: string;
  scoreDrop: SeveritySteps;
  dimensionDrop: SeveritySteps | null;
  newIssues: SeveritySteps;
  minimumChange: number;
  staleAfter: number | null;
  profilingComplete: boolean;
  incidents: IncidentRules | null;
  scoring: ScoringRules;
  predictedBreach: PredictionRules | null;
  learnedLimits: LimitRules | null;
}
/**
 * Inclusive lower bounds of the three alerting severities.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "SeveritySteps".
 */
export interface SeveritySteps {
  critical: number;
  high: number;
  medium: number;
}
/**
 * One alert over all that happens until a metric has recovered.
 *
 * What is as bad within `within` seconds is another occurrence of it. It resolves itself
 * after `recovered_events` in a row closer to the value before it than `recovered_share`
 * of the smallest bound, never where that is null. `slides`: small steps open one, too.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "IncidentRules".
 */
export interface IncidentRules {
  within: number;
  recoveredShare: number | null;
  recoveredEvents: number;
  slides: boolean;
}
/**
 * How dimensions make a score: weights (1 where none is given), seconds until one is stale.
 *
 * `derive`: the asset's score is made from them.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "ScoringRules".
 */
export interface ScoringRules {
  weights: {
    [k: string]: number;
  };
  staleAfter: number | null;
  derive: boolean;
}
/**
 * An alert where a forecast falls below `minimum` within so many days.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "PredictionRules".
 */
export interface PredictionRules {
  minimum: number;
  withinDays: number;
}
/**
 * Limits that are learned: recorded alone (`shadow`), or alerting (`alert`).
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "LimitRules".
 */
export interface LimitRules {
  mode: "alert" | "shadow";
  warmUpDays: number;
  minimumChange: number;
  falseAlarmsPerMonth: number;
}
/**
 * A single thing.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "AssetThresholdsAnswer".
 */
export interface AssetThresholdsAnswer {
  data: AssetThresholds;
  count?: number;
  success?: true;
}
/**
 * Who looks after the alert; null takes the assignment back.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "AssignRequest".
 */
export interface AssignRequest {
  assignee: string | null;
  comment?: string | null;
}
/**
 * One step in an alert's life: who, when, what and why.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "AuditEntry".
 */
export interface AuditEntry {
  stepId: string;
  alertId: string;
  action: string;
  actor: string;
  at: string;
  toStatus: AlertStatus;
  fromStatus?: AlertStatus | null;
  resolution?: string | null;
  comment?: string | null;
  assignee?: string | null;
}
/**
 * A list. `next_cursor` asks for what follows; null on the last page.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "AuditEntryPage".
 */
export interface AuditEntryPage {
  data: AuditEntry[];
  count: number;
  nextCursor?: string | null;
  success?: true;
}
/**
 * An alert with which the step makes no sense.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "BulkRefusal".
 */
export interface BulkRefusal {
  id: string;
  status: AlertStatus;
  error: string;
}
/**
 * One step with every alert that `filter` finds, at most `limit` of them.
 *
 * `resolution` is required to resolve, `comment` to comment, `assignee` (which may
 * be null) to assign; `resolution` and `assignee` go with no other action.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "BulkRequest".
 */
export interface BulkRequest {
  action: StepAction;
  filter: AlertFilter;
  resolution?: string | null;
  comment?: string | null;
  assignee?: string | null;
  limit?: number;
}
/**
 * What a bulk step did. `more`: there were more than `limit`, ask again.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "BulkResult".
 */
export interface BulkResult {
  changed: Alert[];
  refused: BulkRefusal[];
  more: boolean;
}
/**
 * A single thing.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "BulkResultAnswer".
 */
export interface BulkResultAnswer {
  data: BulkResult;
  count?: number;
  success?: true;
}
/**
 * A channel as it stands; of its address only what is no secret.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Channel".
 */
export interface Channel {
  id: string;
  actor: string;
  name: string;
  kind: ChannelKind;
  service: string;
  address: string;
  shared: boolean;
  repeatable: boolean;
  createdAt: string;
  updatedAt: string;
}
/**
 * A single thing.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "ChannelAnswer".
 */
export interface ChannelAnswer {
  data: Channel;
  count?: number;
  success?: true;
}
/**
 * What is to change of a channel; what is left out stays.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "ChannelChange".
 */
export interface ChannelChange {
  name?: string;
  address?: string;
  shared?: boolean;
  repeatable?: boolean;
}
/**
 * A list. `next_cursor` asks for what follows; null on the last page.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "ChannelPage".
 */
export interface ChannelPage {
  data: Channel[];
  count: number;
  nextCursor?: string | null;
  success?: true;
}
/**
 * Where messages go.
 *
 * `address` is an http(s) URL of a webhook, `websocket://` for the actor's own
 * dashboards, or the address of a service that is served, such as `mailto://` or `slack://`; it
 * is never shown again. `secret` signs a webhook's messages (`whsec_` and base64; null: one is
 * made). `shared`: others may subscribe it too. `repeatable`: the receiver drops a message it
 * has had, so one whose fate is unknown after a crash is sent again.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "ChannelRequest".
 */
export interface ChannelRequest {
  name: string;
  address: string;
  secret?: string | null;
  shared?: boolean;
  repeatable?: boolean;
}
/**
 * A remark; the alert's status stays.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "CommentRequest".
 */
export interface CommentRequest {
  comment: string;
}
/**
 * One thing readiness depends on.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Component".
 */
export interface Component {
  name: string;
  ready: boolean;
  detail: string;
}
/**
 * What is watched: assets known, heard of within 24 hours, with a score, with dimensions.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Coverage".
 */
export interface Coverage {
  assets: number;
  recent: number;
  withScore: number;
  withDimensions: number;
  metrics: MetricCoverage[];
}
/**
 * How many assets have ever reported a metric.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "MetricCoverage".
 */
export interface MetricCoverage {
  metricType: MetricType;
  assets: number;
}
/**
 * The newest value of one metric of one asset.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "CurrentMetric".
 */
export interface CurrentMetric {
  assetId: string;
  assetName: string;
  metricType: MetricType;
  value: number;
  timestamp: string;
  previousValue?: number | null;
  assetType?: string | null;
  source?: string | null;
}
/**
 * A list. `next_cursor` asks for what follows; null on the last page.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "CurrentMetricPage".
 */
export interface CurrentMetricPage {
  data: CurrentMetric[];
  count: number;
  nextCursor?: string | null;
  success?: true;
}
/**
 * Alerts of a UTC day, `YYYY-MM-DD`.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "DayVolume".
 */
export interface DayVolume {
  date: string;
  alerts: number;
  bySeverity: SeverityCounts;
}
/**
 * Active alerts by severity.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "SeverityCounts".
 */
export interface SeverityCounts {
  critical?: number;
  high?: number;
  medium?: number;
  low?: number;
}
/**
 * One message to one channel and what became of it.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Delivery".
 */
export interface Delivery {
  id: string;
  channelId: string;
  channelName: string;
  subscriptionId: string | null;
  actor: string;
  notification: Notification;
  state: DeliveryState;
  attempts: number;
  nextAttemptAt: string;
  finishedAt: string | null;
  error: string | null;
  createdAt: string;
  updatedAt: string;
}
/**
 * One message to one channel.
 *
 * `id` is the delivery's, equal in every attempt: a receiver that remembers ids sees
 * each message once. `group` names what its alerts have in common. A test has no alerts.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Notification".
 */
export interface Notification {
  id: string;
  createdAt: string;
  alerts: NotifiedAlert[];
  subscriptionId?: string | null;
  subscription?: string | null;
  group?: string | null;
  test?: boolean;
}
/**
 * An alert, why it is told of, whose it is and where to look at it.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "NotifiedAlert".
 */
export interface NotifiedAlert {
  occasion: Occasion;
  alert: Alert;
  owner?: string | null;
  link?: string | null;
}
/**
 * A single thing.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "DeliveryAnswer".
 */
export interface DeliveryAnswer {
  data: Delivery;
  count?: number;
  success?: true;
}
/**
 * A list. `next_cursor` asks for what follows; null on the last page.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "DeliveryPage".
 */
export interface DeliveryPage {
  data: Delivery[];
  count: number;
  nextCursor?: string | null;
  success?: true;
}
/**
 * What is wrong with a part of a document. `line` counts from 1.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "DocumentFault".
 */
export interface DocumentFault {
  message: string;
  field?: string | null;
  line?: number | null;
}
/**
 * Some durations in seconds; null where there are none.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Durations".
 */
export interface Durations {
  count: number;
  mean: number | null;
  median: number | null;
  p90: number | null;
}
/**
 * One field and what is wrong with it.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Fault".
 */
export interface Fault {
  field: string;
  message: string;
}
/**
 * The days to come of one metric of one asset.
 *
 * There are no points where `refusal` says why: the series is `too_short` (49 days are
 * needed) or `constant`, or the model did `no_better` than the seasonal naive in backtests.
 * `mase` and `naive_mase` are the mean absolute scaled errors of both, `coverage` is the share
 * of days within the 80 % interval, all of backtests.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Forecast".
 */
export interface Forecast {
  assetId: string;
  metricType: MetricType;
  madeAt: string;
  lastDate: string;
  model: string;
  refusal: ("constant" | "no_better" | "too_short") | null;
  mase: number | null;
  naiveMase: number | null;
  coverage: number | null;
  points: ForecastPoint[];
  breach: PredictedBreach | null;
}
/**
 * A day to come (`YYYY-MM-DD`, UTC): what is expected, and intervals of 80 and 95 %.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "ForecastPoint".
 */
export interface ForecastPoint {
  date: string;
  mean: number;
  low80: number;
  high80: number;
  low95: number;
  high95: number;
}
/**
 * When a score is expected to fall below a bound, in days after the last that was known.
 *
 * `earliest` and `latest` are of the 80 % interval; null: beyond the forecast.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "PredictedBreach".
 */
export interface PredictedBreach {
  below: number;
  days: number;
  earliest: number;
  latest: number | null;
  message: string;
}
/**
 * A single thing.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "ForecastAnswer".
 */
export interface ForecastAnswer {
  data: Forecast;
  count?: number;
  success?: true;
}
/**
 * The scores of a group of assets: of a source, an owner, or (null) all the caller may see.
 *
 * `score` is the mean of the newest scores of those `scored`, null where none is;
 * `lowest` and `lowest_asset` the worst of them.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "GroupScore".
 */
export interface GroupScore {
  name: string | null;
  assets: number;
  scored: number;
  score: number | null;
  lowest: number | null;
  lowestAsset: string | null;
}
/**
 * A consumer group as Kafka sees it; `state` is Kafka's word, such as `Stable`.
 *
 * `records_per_second` is what it took in over the last minute; null: not known yet.
 * `lost` counts the records that Kafka deleted before the group had read them, as this edge
 * has seen since its start; `expiring` those unread that are older than three quarters of
 * the retention and will be deleted next.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "GroupState".
 */
export interface GroupState {
  group: string;
  state: string;
  members: number;
  lag: number;
  lost?: number;
  expiring?: number;
  partitions: PartitionLag[];
  recordsPerSecond?: number | null;
}
/**
 * How far a consumer group is behind in one partition.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "PartitionLag".
 */
export interface PartitionLag {
  topic: string;
  partition: number;
  committed: number | null;
  end: number;
  lag: number;
}
/**
 * An alert that a subscriber is not told of just now, and why.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "HeldAlert".
 */
export interface HeldAlert {
  subscriptionId: string;
  subscription: string;
  alertId: string;
  assetId: string;
  severity: Severity;
  reason: string;
}
/**
 * A list. `next_cursor` asks for what follows; null on the last page.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "HeldAlertPage".
 */
export interface HeldAlertPage {
  data: HeldAlert[];
  count: number;
  nextCursor?: string | null;
  success?: true;
}
/**
 * Recorded events. Those before `kept_since` are gone; trends reach further back.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "HistoryPage".
 */
export interface HistoryPage {
  data: HistoryPoint[];
  count: number;
  nextCursor?: string | null;
  success?: true;
  keptSince: string;
}
/**
 * One event as it was recorded. `late`: older than what had been applied then.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "HistoryPoint".
 */
export interface HistoryPoint {
  assetId: string;
  metricType: MetricType;
  value: number;
  timestamp: string;
  eventId: string;
  late?: boolean;
}
/**
 * Who the caller is.
 *
 * `actor` is who it is for ever, `name` what people call it; `assets` are the globs it may see;
 * `authentication` is off or on.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Identity".
 */
export interface Identity {
  actor: string;
  name: string;
  role: Role;
  assets: string[];
  authentication: boolean;
}
/**
 * A single thing.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "IdentityAnswer".
 */
export interface IdentityAnswer {
  data: Identity;
  count?: number;
  success?: true;
}
/**
 * The alert needs no action; `comment` says why.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "IgnoreRequest".
 */
export interface IgnoreRequest {
  comment?: string | null;
}
/**
 * How alerting fared from `since` until `until`, by the alerts' timestamps.
 *
 * `to_detect` is from a measurement's timestamp until its alert was stored (silence is left
 * out, since it has no moment); `to_acknowledge` and `to_resolve` from then until the first
 * such step; `resolved_by_itself` counts those that the stream resolved.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Insights".
 */
export interface Insights {
  since: string;
  until: string;
  alerts: number;
  open: number;
  ignored: number;
  resolved: number;
  resolvedByItself: number;
  toDetect: Durations;
  toAcknowledge: Durations;
  toResolve: Durations;
  byRule: RuleVolume[];
  byDay: DayVolume[];
  noisiest: NoisyAsset[];
  coverage: Coverage;
}
/**
 * Alerts that a rule raised. `ignored` says how many were of no use to anybody.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "RuleVolume".
 */
export interface RuleVolume {
  rule: string;
  alerts: number;
  ignored: number;
  bySeverity: SeverityCounts;
}
/**
 * An asset and the alerts over it; `open` are active or acknowledged.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "NoisyAsset".
 */
export interface NoisyAsset {
  assetId: string;
  assetName: string;
  alerts: number;
  open: number;
  worstSeverity: Severity;
  lastAlert: string;
  lastAt: string;
}
/**
 * A single thing.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "InsightsAnswer".
 */
export interface InsightsAnswer {
  data: Insights;
  count?: number;
  success?: true;
}
/**
 * What came of a document: `count` events for `assets`, and `data`, the faults of the rest.
 *
 * `skipped` tells how much gave no event although nothing is wrong with it, by the reason.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Intake".
 */
export interface Intake {
  data: DocumentFault[];
  count: number;
  assets: string[];
  skipped: {
    [k: string]: number;
  };
  success?: true;
}
/**
 * A value beyond its limit. `told`: it raised an alert, or would have in shadow mode.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "LimitFinding".
 */
export interface LimitFinding {
  timestamp: string;
  eventId: string;
  value: number;
  expected: number;
  limit: number;
  mode: "alert" | "shadow";
  told: boolean;
}
/**
 * An hour, or a day, that begins at `start`: what is expected, and the bounds.
 *
 * One value beyond `limit` is a finding, values of two steps in a row beyond `inner` are.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "LimitPoint".
 */
export interface LimitPoint {
  start: string;
  expected: number;
  inner: number;
  limit: number;
}
/**
 * What was learned of one metric of one asset, and what lay beyond, the newest first.
 *
 * Values below the limits (`below`), else those above, are findings. `widened` is the factor
 * by which alerts that people ignored have moved them away.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Limits".
 */
export interface Limits {
  assetId: string;
  metricType: MetricType;
  mode: "alert" | "shadow";
  learnedAt: string;
  below: boolean;
  widened: number;
  points: LimitPoint[];
  findings: LimitFinding[];
}
/**
 * A single thing.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "LimitsAnswer".
 */
export interface LimitsAnswer {
  data: Limits;
  count?: number;
  success?: true;
}
/**
 * When work is planned on some assets: their alerts are told afterwards, if still true.
 *
 * Once, from `starts_at` to `ends_at`; or whenever `schedule` says in `time_zone`, for
 * `duration_seconds`, between the two if they are given. `asset_pattern` or `source` is needed.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "MaintenanceRequest".
 */
export interface MaintenanceRequest {
  name: string;
  assetPattern?: string | null;
  source?: string | null;
  startsAt?: string | null;
  endsAt?: string | null;
  schedule?: string | null;
  durationSeconds?: number | null;
  timeZone?: string | null;
  enabled?: boolean;
}
/**
 * A maintenance window as it stands. `author` is what people call its `actor`.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "MaintenanceWindow".
 */
export interface MaintenanceWindow {
  id: string;
  actor: string;
  author: string;
  scope: string[];
  name: string;
  assetPattern: string | null;
  source: string | null;
  startsAt: string | null;
  endsAt: string | null;
  schedule: string | null;
  durationSeconds: number | null;
  timeZone: string | null;
  enabled: boolean;
  createdAt: string;
  updatedAt: string;
}
/**
 * A single thing.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "MaintenanceWindowAnswer".
 */
export interface MaintenanceWindowAnswer {
  data: MaintenanceWindow;
  count?: number;
  success?: true;
}
/**
 * A list. `next_cursor` asks for what follows; null on the last page.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "MaintenanceWindowPage".
 */
export interface MaintenanceWindowPage {
  data: MaintenanceWindow[];
  count: number;
  nextCursor?: string | null;
  success?: true;
}
/**
 * One measurement of one asset, as ingestion jobs send it.
 *
 * `value` is 0-100 for score and dimensions, a whole number from 0 to 2^53 for issues, and
 * any number from -1e30 to 1e30 for the others; none but 0 is closer to 0 than 1e-30.
 * A missing `event_id` is derived from topic, partition and offset.
 * Unknown fields are tolerated. `metadata` is at most 16 KiB, its numbers are finite as
 * doubles, its texts hold no U+0000, and it is nested at most 32 deep.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "MetricEvent".
 */
export interface MetricEvent {
  assetId: string;
  metricType: MetricType;
  value: number;
  /**
   * RFC 3339 with offset, from 1970 to an hour ahead of its arrival (TIDEMARK_MAX_FUTURE_SECONDS)
   */
  timestamp: string;
  eventId?: string | null;
  assetName?: string | null;
  assetType?: string | null;
  source?: string | null;
  metadata?: {};
}
/**
 * A channel just made. `secret` checks a webhook's signatures; it is not shown again.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "NewChannel".
 */
export interface NewChannel {
  channel: Channel;
  secret: string | null;
}
/**
 * A single thing.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "NewChannelAnswer".
 */
export interface NewChannelAnswer {
  data: NewChannel;
  count?: number;
  success?: true;
}
/**
 * Whose the assets of a pattern are, and who said so.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Owner".
 */
export interface Owner {
  id: string;
  assetPattern: string;
  owner: string;
  actor: string;
  author: string;
  createdAt: string;
  updatedAt: string;
}
/**
 * A single thing.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "OwnerAnswer".
 */
export interface OwnerAnswer {
  data: Owner;
  count?: number;
  success?: true;
}
/**
 * A list. `next_cursor` asks for what follows; null on the last page.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "OwnerPage".
 */
export interface OwnerPage {
  data: Owner[];
  count: number;
  nextCursor?: string | null;
  success?: true;
}
/**
 * Whose the assets of a pattern are. Of several patterns that match, the longest counts.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "OwnerRequest".
 */
export interface OwnerRequest {
  assetPattern: string;
  owner: string;
}
/**
 * The value that `percent` of all values do not exceed, to half a percent of itself.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Percentile".
 */
export interface Percentile {
  percent: number;
  value: number;
}
/**
 * An RFC 9457 problem, sent as `application/problem+json`.
 *
 * `type` is `urn:tidemark:problem:<code>`. `request_id` is also in the
 * `X-Request-Id` header and in the edge's log.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Problem".
 */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ProblemCode;
  instance: string;
  requestId: string;
  errors?: Fault[];
  success?: false;
}
/**
 * The alert is not settled after all.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "ReopenRequest".
 */
export interface ReopenRequest {
  comment?: string | null;
}
/**
 * The alert is settled; `resolution` says how.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "ResolveRequest".
 */
export interface ResolveRequest {
  resolution: string;
  comment?: string | null;
}
/**
 * How everything stands together, each source and each owner; the worst come first.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Scores".
 */
export interface Scores {
  overall: GroupScore;
  sources: GroupScore[];
  owners: GroupScore[];
}
/**
 * A single thing.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "ScoresAnswer".
 */
export interface ScoresAnswer {
  data: Scores;
  count?: number;
  success?: true;
}
/**
 * A silence as it stands. `author` is what people call its `actor`.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Silence".
 */
export interface Silence {
  id: string;
  actor: string;
  author: string;
  scope: string[];
  comment: string;
  assetPattern: string | null;
  source: string | null;
  alertTypes: AlertType[];
  startsAt: string;
  endsAt: string;
  createdAt: string;
  updatedAt: string;
}
/**
 * A single thing.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "SilenceAnswer".
 */
export interface SilenceAnswer {
  data: Silence;
  count?: number;
  success?: true;
}
/**
 * A list. `next_cursor` asks for what follows; null on the last page.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "SilencePage".
 */
export interface SilencePage {
  data: Silence[];
  count: number;
  nextCursor?: string | null;
  success?: true;
}
/**
 * Alerts nobody is told of from `starts_at` (null: now) until `ends_at`.
 *
 * `asset_pattern` or `source` is needed; all that is given must match.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "SilenceRequest".
 */
export interface SilenceRequest {
  endsAt: string;
  comment: string;
  startsAt?: string | null;
  assetPattern?: string | null;
  source?: string | null;
  alertTypes?: AlertType[];
}
/**
 * WebSockets: of this edge (`connections`) and of all edges (`total_connections`).
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "SocketStats".
 */
export interface SocketStats {
  connections: number;
  subscribedConnections: number;
  subscriptions: number;
  messagesSent: number;
  stalledConnections: number;
  slowDisconnects: number;
  resumed: number;
  totalConnections: number | null;
  edges: number | null;
  timestamp: string;
}
/**
 * A single thing.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "SocketStatsAnswer".
 */
export interface SocketStatsAnswer {
  data: SocketStats;
  count?: number;
  success?: true;
}
/**
 * The state of everything the caller may see.
 *
 * `avg_quality_score` is the mean of the assets' newest scores, null without
 * one; `recently_monitored` counts assets heard of in the last 24 hours.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Stats".
 */
export interface Stats {
  totalAssets: number;
  avgQualityScore: number | null;
  openIssues: number;
  alertsBySeverity: SeverityCounts;
  recentlyMonitored: number;
  timestamp: string;
}
/**
 * A single thing.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "StatsAnswer".
 */
export interface StatsAnswer {
  data: Stats;
  count?: number;
  success?: true;
}
/**
 * The pipeline from outside. A `notifier` need not run.
 *
 * Rates are records per second over the last minute or, right after start,
 * over the time since. `edge_lag` counts records of changes and alerts this edge
 * has yet to read; null figures could not be had from Kafka just now.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "System".
 */
export interface System {
  ready: boolean;
  components: Component[];
  worker: GroupState | null;
  sink: GroupState | null;
  notifier: GroupState | null;
  eventsPerSecond: number | null;
  changesPerSecond: number;
  alertsPerSecond: number;
  deadLetters: number | null;
  outbox: number | null;
  edgeLag: number;
  version: string;
  edgeId: string;
  startedAt: string;
  timestamp: string;
}
/**
 * A single thing.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "SystemAnswer".
 */
export interface SystemAnswer {
  data: System;
  count?: number;
  success?: true;
}
/**
 * Opens one WebSocket (`/ws/quality?ticket=...`) until it expires.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Ticket".
 */
export interface Ticket {
  ticket: string;
  expiresAt: string;
}
/**
 * A single thing.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "TicketAnswer".
 */
export interface TicketAnswer {
  data: Ticket;
  count?: number;
  success?: true;
}
/**
 * The values of one metric in one bucket of time, which begins at `start`.
 *
 * They are those of one asset, of one source, or (both null) of all assets meant. `date`
 * is the UTC day of `start` as `YYYY-MM-DD`; `deviation` is the sample's, null for a
 * single value.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "TrendPoint".
 */
export interface TrendPoint {
  assetId: string | null;
  source: string | null;
  start: string;
  date: string;
  average: number;
  minimum: number;
  maximum: number;
  deviation: number | null;
  count: number;
  first: number;
  last: number;
  percentiles: Percentile[];
}
/**
 * A list. `next_cursor` asks for what follows; null on the last page.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "TrendPointPage".
 */
export interface TrendPointPage {
  data: TrendPoint[];
  count: number;
  nextCursor?: string | null;
  success?: true;
}
/**
 * What became of one posted event; `index` counts from 0 in the order posted.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Verdict".
 */
export interface Verdict {
  index: number;
  accepted: boolean;
  eventId?: string | null;
  assetId?: string | null;
  error?: string | null;
}
/**
 * One verdict for each posted event; `count` were accepted.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Verdicts".
 */
export interface Verdicts {
  data: Verdict[];
  count: number;
  rejected: number;
  success?: true;
}
/**
 * Acknowledge an alert.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "AcknowledgeAlert".
 */
export interface AcknowledgeAlert {
  alertId: string;
  comment?: string | null;
}
/**
 * A record of the notifications topic: a notification for the sockets of one actor.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "ActorNotification".
 */
export interface ActorNotification {
  actor: string;
  notification: Notification;
}
/**
 * Alerts, newest first; `next_cursor` asks for what follows.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Alerts".
 */
export interface Alerts {
  alerts: Alert[];
  nextCursor?: string | null;
  snapshot?: boolean;
}
/**
 * Say who is there: an API key or JWT in `token`, or a ticket from `POST ws/ticket`.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Authenticate".
 */
export interface Authenticate {
  token?: string | null;
  ticket?: string | null;
}
/**
 * First message. `heartbeat_interval` (seconds) is how often the edge pings.
 *
 * With `authentication_required` nothing but `authenticate` is answered, and the socket
 * closes with 4401 after `authentication_timeout` seconds without it.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Connected".
 */
export interface Connected {
  clientId: string;
  protocolVersion: number;
  heartbeatInterval: number;
  authenticationRequired: boolean;
  authenticationTimeout: number;
  edgeId: string;
}
/**
 * An alert in a message: what is told of it, and the step that had made it active.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "DeliveryEntry".
 */
export interface DeliveryEntry {
  alertId: string;
  occasion: string;
  activation: string;
}
/**
 * A delivery as it was claimed, or as its attempt ended; `quality.deliveries` has each.
 *
 * `state` is `sending` before the first byte goes out, and then what came of it: `pending`
 * if it is to be tried again.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "DeliveryStep".
 */
export interface DeliveryStep {
  id: string;
  channelId: string;
  channelName: string;
  subscriptionId: string | null;
  actor: string;
  notification: Notification;
  state: DeliveryState;
  attempts: number;
  createdAt: string;
  entries: DeliveryEntry[];
  error?: string | null;
}
/**
 * A request was refused; the socket stays open unless a close follows.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Error".
 */
export interface Error {
  code: ProblemCode;
  message: string;
  field?: string | null;
}
/**
 * Ask for alerts, newest first; the filters are those of REST.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "GetAlerts".
 */
export interface GetAlerts {
  ids?: string[] | null;
  status?: AlertStatus[] | null;
  severity?: Severity[] | null;
  alertType?: AlertType[] | null;
  assetId?: string | null;
  assignee?: string | null;
  query?: string | null;
  since?: string | null;
  until?: string | null;
  limit?: number;
  cursor?: string | null;
}
/**
 * Ask for current values: of one asset (an id or a glob), of one metric, or all.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "GetMetrics".
 */
export interface GetMetrics {
  assetId?: string | null;
  metricType?: MetricType | null;
  limit?: number;
  cursor?: string | null;
}
/**
 * Events applied by one batch of the detect stage, owed to the history sink.
 *
 * Packed many to a record, so that the hot path pays for one append.
 * `events[i]` was read at `offsets[i]` of `partition`; `late` lists the indices
 * of events older than the last one applied for their asset and metric. `topicId` is
 * Kafka's id of the topic; one that is deleted and created again has another.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "HistoryBatch".
 */
export interface HistoryBatch {
  topic: string;
  partition: number;
  offsets: number[];
  late: number[];
  events: unknown[];
  topicId?: string | null;
}
/**
 * A value that moved by at least the minimum change.
 *
 * `change` is current - previous; `change_percent` is relative to the previous
 * value and null where that is 0. `severity` is set where the change also
 * raised an alert.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "MetricChange".
 */
export interface MetricChange {
  assetId: string;
  assetName: string;
  metricType: MetricType;
  previousValue: number;
  currentValue: number;
  change: number;
  changePercent: number | null;
  timestamp: string;
  eventId: string;
  severity?: string | null;
}
/**
 * Current values; `next_cursor` asks for what follows.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Metrics".
 */
export interface Metrics {
  metrics: CurrentMetric[];
  nextCursor?: string | null;
  snapshot?: boolean;
}
/**
 * Ask whether the edge is there.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Ping".
 */
export interface Ping {}
/**
 * The edge is there.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Pong".
 */
export interface Pong {}
/**
 * Dead letters that were sent back together: what `quality.dead-letters.redriven` holds.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Redrive".
 */
export interface Redrive {
  letters: LetterId[];
  by: string;
  at: string;
}
/**
 * Resolve an alert; `resolution` says how.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "ResolveAlert".
 */
export interface ResolveAlert {
  alertId: string;
  resolution: string;
  comment?: string | null;
}
/**
 * Go on from `position` with exactly these subscriptions.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Resume".
 */
export interface Resume {
  position: string;
  subscriptions: Subscription[];
}
/**
 * Some assets and what to hear of them.
 *
 * `assets` are ids or globs (`*`, `?`, `[ab]`, `[!ab]`; case matters). `severities` restricts
 * alerts; `metric_types` restricts changes, and alerts that concern a metric;
 * `kinds` leaves out changes or alerts altogether. Absent means unrestricted.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Subscription".
 */
export interface Subscription {
  assets: string[];
  severities?: Severity[] | null;
  metricTypes?: MetricType[] | null;
  kinds?: Kind[] | null;
}
/**
 * The position can't be resumed from. The subscriptions stand; a snapshot follows.
 *
 * The snapshot is one or more `metrics` and `alerts` messages with `snapshot: true`; then
 * come the newest pushes, which it may not hold yet, and `subscribed`: live from there.
 * None but the last has a `position`.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "ResumeFailed".
 */
export interface ResumeFailed {
  reason: ResumeFailureReason;
  message: string;
  subscriptions: Subscription[];
}
/**
 * All that was missed has been sent (`replayed` messages); live from here.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Resumed".
 */
export interface Resumed {
  replayed: number;
  subscriptions: Subscription[];
}
/**
 * What to subscribe to, or to unsubscribe from.
 *
 * `asset_id` and `asset_ids` hold ids or globs; with neither, or `all`, every
 * asset is meant. Unsubscribing without a filter takes the assets out of
 * every subscription, with filters out of the one that has just these.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Selection".
 */
export interface Selection {
  assetId?: string | null;
  assetIds?: string[] | null;
  all?: boolean;
  severities?: Severity[] | null;
  metricTypes?: MetricType[] | null;
  kinds?: Kind[] | null;
}
/**
 * The edge stops. Come back after `reconnect_after` seconds and resume.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "ServerShutdown".
 */
export interface ServerShutdown {
  reason: string;
  reconnectAfter: number;
}
/**
 * The whole set of subscriptions after the request.
 *
 * This interface was referenced by `Wire`'s JSON-Schema
 * via the `definition` "Subscribed".
 */
export interface Subscribed {
  subscriptions: Subscription[];
}

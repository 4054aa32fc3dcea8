/** The wire's types, generated from the published schemas, and the messages made of them. */
import type {
  Alert,
  Alerts,
  Connected,
  Identity,
  MetricChange,
  Metrics,
  Notification,
  Pong,
  Resumed,
  ResumeFailed,
  ServerShutdown,
  Error as SocketError,
  Subscribed,
} from "./types.gen";

export type * from "./types.gen";

interface ServerPayloads {
  connected: Connected;
  authenticated: Identity;
  subscribed: Subscribed;
  unsubscribed: Subscribed;
  resumed: Resumed;
  resume_failed: ResumeFailed;
  pong: Pong;
  metrics: Metrics;
  alerts: Alerts;
  metric_change: MetricChange;
  alert: Alert;
  alert_status_changed: Alert;
  alert_acknowledged: Alert;
  notification: Notification;
  error: SocketError;
  server_shutdown: ServerShutdown;
}

/** Any message of the server, told apart by its `type`. */
export type ServerMessage = {
  [Type in keyof ServerPayloads]: {
    type: Type;
    payload: ServerPayloads[Type];
    timestamp: string;
    position?: string | null;
    requestId?: string | null;
  };
}[keyof ServerPayloads];

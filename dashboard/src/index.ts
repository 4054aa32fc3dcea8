/** What other apps embed: the hook, the widgets and what they speak of. */
import "./styles/tokens.css";

export type { RangeName } from "./charts/range";
export { ErrorBoundary } from "./components/Feedback";
export { Toaster } from "./components/Toaster";
export { LiveProvider } from "./live/context";
export {
  type RealtimeQuality,
  type RealtimeQualityOptions,
  useRealtimeQuality,
} from "./live/useRealtimeQuality";
export { Problem } from "./rest/client";
export type { AlertFilter, AlertView } from "./widgets/alertFilter";
export { LiveQualityWidget } from "./widgets/LiveQualityWidget";
export { QualityMetricsChart } from "./widgets/QualityMetricsChart";
export { RealtimeAlertsPanel } from "./widgets/RealtimeAlertsPanel";
export type {
  Alert,
  AlertMetadata,
  AlertStatus,
  AlertType,
  MetricChange,
  MetricType,
  Severity,
  Stats,
} from "./wire";

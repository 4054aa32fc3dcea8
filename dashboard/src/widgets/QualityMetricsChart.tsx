import { useMemo, useState } from "react";
import { aligned, type Point } from "../charts/history";
import type { ChartSeries } from "../charts/options";
import { RANGE_SECONDS, RANGES, type RangeName } from "../charts/range";
import { TimeChart } from "../charts/TimeChart";
import { Card } from "../components/Card";
import { EmptyState, Failure, Skeleton } from "../components/Feedback";
import { Segments } from "../components/Field";
import { useNow } from "../components/useNow";
import { ExportButtons } from "../export/ExportButtons";
import { useFollow } from "../live/useFollow";
import { DIMENSIONS, metricLabel } from "../quality";
import type { MetricType } from "../wire";
import styles from "./QualityMetricsChart.module.css";
import { useHistory } from "./useHistory";

/** What a metric is expected to be: `lower` and `upper` bound the interval. */
export interface ForecastPoint {
  /** Seconds since the epoch. */
  time: number;
  value: number;
  lower: number;
  upper: number;
}

interface QualityMetricsChartProps {
  assetId: string;
  title?: string;
  initialRange?: RangeName;
  /** Forecast of the score, drawn as a dashed line in its band. */
  forecast?: readonly ForecastPoint[];
}

type View = "score" | "issues" | "dimensions";

const VIEWS: readonly { value: View; label: string }[] = [
  { value: "score", label: "Score" },
  { value: "issues", label: "Issues" },
  { value: "dimensions", label: "Dimensions" },
];

const METRICS: Readonly<Record<View, readonly MetricType[]>> = {
  score: ["score"],
  issues: ["issues"],
  dimensions: DIMENSIONS,
};

const SERIES: Readonly<Record<View, readonly ChartSeries[]>> = {
  score: [{ label: "Score", color: "accent", kind: "area" }],
  issues: [{ label: "Open issues", color: "issues", kind: "steps" }],
  dimensions: DIMENSIONS.map((dimension, index) => ({
    label: metricLabel(dimension),
    color: `series${index + 1}` as ChartSeries["color"],
    kind: "line",
  })),
};

const FORECAST: readonly ChartSeries[] = [
  { label: "Forecast", color: "accent", kind: "forecast" },
  { label: "Lower", color: "accent", kind: "lower" },
  { label: "Upper", color: "accent", kind: "upper" },
];

const NO_FORECAST: readonly ForecastPoint[] = [];

/** An asset's score, issues or dimensions over time, live. */
export function QualityMetricsChart(props: QualityMetricsChartProps) {
  const { assetId, title = "Over time", initialRange = "24h", forecast = NO_FORECAST } = props;
  const [view, setView] = useState<View>("score");
  const [range, setRange] = useState(initialRange);
  const follower = useFollow(useMemo(() => [assetId], [assetId]));
  const { points, loading, error, retry } = useHistory(assetId, METRICS[view], range, follower);
  const shownForecast = view === "score" ? forecast : NO_FORECAST;
  const bounds = useBounds(range, points, shownForecast);

  const present = useMemo(
    () => points.map((list, index) => ({ list, index })).filter(({ list }) => list.length > 0),
    [points],
  );
  const series = useStable(
    useMemo(() => {
      const measured = present.map(({ index }) => SERIES[view][index] as ChartSeries);
      return shownForecast.length ? [...measured, ...FORECAST] : measured;
    }, [present, view, shownForecast]),
  );
  const data = useMemo(
    () => aligned([...present.map(({ list }) => list), ...forecastRows(shownForecast)]),
    [present, shownForecast],
  );

  return (
    <Card
      title={title}
      aside={
        <ExportButtons
          name={`${assetId}-${view}`}
          columns={ROW_COLUMNS}
          rows={() => present.flatMap(({ list, index }) => rowsOf(METRICS[view][index], list))}
        />
      }
    >
      <div className={styles.controls}>
        <Segments label="Show" value={view} choices={VIEWS} onChange={setView} />
        <Segments label="Range" value={range} choices={RANGES} onChange={setRange} />
      </div>
      {present.length > 0 ? (
        <TimeChart
          key={`${view} ${range}`}
          label={`${view} of ${assetId}, last ${range}`}
          data={data}
          series={series}
          scale={view === "issues" ? "count" : "percent"}
          bounds={bounds}
        />
      ) : loading ? (
        <Skeleton lines={6} height={34} />
      ) : error ? (
        <Failure error={error} retry={retry} />
      ) : (
        <EmptyState title="Nothing recorded">
          <p>
            No {view === "score" ? "score" : view} came in within this time. Try a longer range.
          </p>
        </EmptyState>
      )}
    </Card>
  );
}

interface Row extends Point {
  metric: MetricType | undefined;
}

const ROW_COLUMNS = [
  { name: "timestamp", value: (row: Row) => new Date(row.time * 1000).toISOString() },
  { name: "metricType", value: (row: Row) => row.metric },
  { name: "value", value: (row: Row) => row.value },
];

function rowsOf(metric: MetricType | undefined, points: readonly Point[]): Row[] {
  return points.map((point) => ({ ...point, metric }));
}

function forecastRows(forecast: readonly ForecastPoint[]): Point[][] {
  if (forecast.length === 0) return [];
  const row = (pick: (point: ForecastPoint) => number) =>
    forecast.map((point) => ({ time: point.time, value: pick(point) }));
  return [row(({ value }) => value), row(({ lower }) => lower), row(({ upper }) => upper)];
}

/** Shortest time shown, s. */
const LEAST_SPAN = 60;

/** From the start of the range, or of what there is within it, to now or the end of it. */
function useBounds(
  range: RangeName,
  points: readonly (readonly Point[])[],
  forecast: readonly ForecastPoint[],
): readonly [number, number] {
  const now = useNow(5_000) / 1000;
  const oldest = Math.min(...points.map((list) => list[0]?.time ?? now));
  const newest = Math.max(...points.map((list) => list.at(-1)?.time ?? 0));
  const end = Math.max(now, newest, forecast.at(-1)?.time ?? 0);
  const start = Math.min(Math.max(now - RANGE_SECONDS[range], oldest), end - LEAST_SPAN);
  return useMemo(() => [start, end], [start, end]);
}

/** The same series keep their identity, so that new points do not build a new chart. */
function useStable(series: readonly ChartSeries[]): readonly ChartSeries[] {
  const [stable, setStable] = useState(series);
  const same =
    stable.length === series.length && stable.every((one, index) => one === series[index]);
  if (same) return stable;
  setStable(series);
  return series;
}

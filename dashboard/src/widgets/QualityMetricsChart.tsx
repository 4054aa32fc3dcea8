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
import type { Column } from "../export/table";
import { useFollow } from "../live/useFollow";
import {
  CHART_VIEWS,
  type ChartView,
  chartRows,
  type ExportedRow,
  exportedRows,
  type ForecastPoint,
  VIEW_METRICS,
} from "./chartRows";
import styles from "./QualityMetricsChart.module.css";
import { useHistory } from "./useHistory";

interface QualityMetricsChartProps {
  assetId: string;
  title?: string;
  initialRange?: RangeName;
  /** Forecast of the score, drawn as a dashed line in its band. */
  forecast?: readonly ForecastPoint[];
}

const NO_FORECAST: readonly ForecastPoint[] = [];

const COLUMNS: readonly Column<ExportedRow>[] = [
  { name: "timestamp", value: (row) => new Date(row.time * 1000).toISOString() },
  { name: "metricType", value: (row) => row.metric },
  { name: "value", value: (row) => row.value },
  { name: "lowest", value: (row) => row.low },
  { name: "highest", value: (row) => row.high },
];

/** An asset's score, issues or dimensions over time, live. */
export function QualityMetricsChart(props: QualityMetricsChartProps) {
  const { assetId, title = "Over time", initialRange = "24h", forecast = NO_FORECAST } = props;
  const [view, setView] = useState<ChartView>("score");
  const [range, setRange] = useState(initialRange);
  const follower = useFollow(useMemo(() => [assetId], [assetId]));
  const found = useHistory(assetId, VIEW_METRICS[view], range, follower);
  const { metrics, loading, error, retry } = found;
  const shownForecast = view === "score" ? forecast : NO_FORECAST;
  const drawn = useMemo(
    () => chartRows(view, metrics, shownForecast),
    [view, metrics, shownForecast],
  );
  const series = useStable(drawn.series);
  const data = useMemo(() => aligned(drawn.rows), [drawn]);
  const bounds = useBounds(range, drawn.rows);
  const bucket = metrics.find(({ spread }) => spread)?.spread?.bucket;

  return (
    <Card
      title={title}
      aside={
        <ExportButtons
          name={`${assetId}-${view}`}
          columns={COLUMNS}
          rows={() => exportedRows(view, metrics)}
        />
      }
    >
      <div className={styles.controls}>
        <Segments label="Show" value={view} choices={CHART_VIEWS} onChange={setView} />
        <Segments label="Range" value={range} choices={RANGES} onChange={setRange} />
      </div>
      {loading ? (
        <Skeleton lines={8} height={28} />
      ) : series.length > 0 ? (
        <TimeChart
          key={`${view} ${range}`}
          label={`${view} of ${assetId}, last ${range}`}
          note={bucket && noteOn(view, bucket.adverb)}
          data={data}
          series={series}
          scale={view === "issues" ? "count" : "percent"}
          bounds={bounds}
        />
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

function noteOn(view: ChartView, adverb: string): string {
  return view === "dimensions"
    ? `${adverb} means`
    : `${adverb} means, shaded from lowest to highest`;
}

/** Shortest time shown, s. */
const LEAST_SPAN = 60;

/** From the start of the range, or of what there is within it, to now or the end of it. */
function useBounds(
  range: RangeName,
  rows: readonly (readonly Point[])[],
): readonly [number, number] {
  const now = useNow(5_000) / 1000;
  const oldest = Math.min(...rows.map((points) => points[0]?.time ?? now));
  const newest = Math.max(...rows.map((points) => points.at(-1)?.time ?? 0));
  const end = Math.max(now, newest);
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

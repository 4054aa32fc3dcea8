import { useMemo, useState } from "react";
import { aligned, type Point } from "../charts/history";
import type { ChartSeries } from "../charts/options";
import { RANGE_SECONDS, type RangeName } from "../charts/range";
import { TimeChart } from "../charts/TimeChart";
import { EmptyState, Failure, Skeleton } from "../components/Feedback";
import { useNow } from "../components/useNow";
import type { Forecast, ForecastPoint } from "../wire";
import { type ChartView, chartRows } from "./chartRows";
import type { History } from "./useHistory";

interface HistoryChartProps {
  /** For those who cannot see it. */
  label: string;
  view: ChartView;
  range: RangeName;
  history: History;
  forecast: Forecast | null;
}

const NO_FORECAST: readonly ForecastPoint[] = [];
/** Ranges wide enough for the days that are forecast to be seen beside them. */
const WITH_FORECAST: readonly RangeName[] = ["30d", "90d", "1y"];

/** What was recorded, as a chart; or why there is none. */
export function HistoryChart({ label, view, range, history, forecast }: HistoryChartProps) {
  const { metrics, loading, error, retry } = history;
  const days = (WITH_FORECAST.includes(range) && forecast?.points) || NO_FORECAST;
  const { series: drawn, rows } = useMemo(
    () => chartRows(view, metrics, days),
    [view, metrics, days],
  );
  const series = useStable(drawn);
  const data = useMemo(() => aligned(rows), [rows]);
  const bounds = useBounds(range, rows);

  if (loading) return <Skeleton lines={8} height={28} />;
  if (metrics.some(({ points }) => points.length > 0)) {
    return (
      <TimeChart
        label={label}
        note={noteOn(view, history)}
        data={data}
        series={series}
        scale={view === "issues" ? "count" : "percent"}
        bounds={bounds}
      />
    );
  }
  if (error) return <Failure error={error} retry={retry} />;
  return (
    <EmptyState title="Nothing recorded">
      <p>No {view === "score" ? "score" : view} came in within this time. Try a longer range.</p>
    </EmptyState>
  );
}

/** What the line stands for, where that is not every value. */
function noteOn(view: ChartView, { metrics }: History): string | undefined {
  const spread = metrics.find((one) => one.spread)?.spread;
  if (!spread) return undefined;
  const { adverb } = spread.bucket;
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

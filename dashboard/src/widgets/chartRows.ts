/** What the chart of an asset draws: which metrics, as which series, in which rows. */
import type { Point } from "../charts/history";
import type { ChartSeries } from "../charts/options";
import { DIMENSIONS, metricLabel } from "../quality";
import type { ForecastPoint, MetricType } from "../wire";
import type { MetricHistory } from "./metricHistory";

export type ChartView = "score" | "issues" | "dimensions";

export const CHART_VIEWS: readonly { value: ChartView; label: string }[] = [
  { value: "score", label: "Score" },
  { value: "issues", label: "Issues" },
  { value: "dimensions", label: "Dimensions" },
];

export const VIEW_METRICS: Readonly<Record<ChartView, readonly MetricType[]>> = {
  score: ["score"],
  issues: ["issues"],
  dimensions: DIMENSIONS,
};

const SERIES: Readonly<Record<ChartView, readonly ChartSeries[]>> = {
  score: [{ label: "Score", color: "accent", kind: "area" }],
  issues: [{ label: "Open issues", color: "issues", kind: "steps" }],
  dimensions: DIMENSIONS.map((dimension, index) => ({
    label: metricLabel(dimension),
    color: `series${index + 1}` as ChartSeries["color"],
    kind: "line",
  })),
};

/** Means of buckets: a line in the band of what was lowest and highest. */
const BUCKET_SERIES: Readonly<Record<"score" | "issues", readonly ChartSeries[]>> = {
  score: band({ label: "Score", color: "accent", kind: "line" }),
  issues: band({ label: "Open issues", color: "issues", kind: "line" }),
};

const FORECAST_SERIES = band({ label: "Forecast", color: "forecast", kind: "forecast" });

function band(middle: ChartSeries): readonly ChartSeries[] {
  return [
    middle,
    { label: `Lowest ${middle.label}`, color: middle.color, kind: "lower" },
    { label: `Highest ${middle.label}`, color: middle.color, kind: "upper" },
  ];
}

interface ChartRows {
  /** The same for the same kind of rows, so that new points do not build a new chart. */
  series: readonly ChartSeries[];
  /** As many as there are series. */
  rows: readonly (readonly Point[])[];
}

/** Metrics without a value are left out. */
export function chartRows(
  view: ChartView,
  metrics: readonly MetricHistory[],
  forecast: readonly ForecastPoint[],
): ChartRows {
  const drawn = metrics.flatMap((history, index): ChartRows[] =>
    history.points.length > 0 ? [rowsOf(view, history, index)] : [],
  );
  if (forecast.length > 0) drawn.push({ series: FORECAST_SERIES, rows: forecastRows(forecast) });
  return {
    series: drawn.flatMap(({ series }) => series),
    rows: drawn.flatMap(({ rows }) => rows),
  };
}

function rowsOf(view: ChartView, { points, spread }: MetricHistory, index: number): ChartRows {
  if (spread && view !== "dimensions") {
    return { series: BUCKET_SERIES[view], rows: [points, spread.low, spread.high] };
  }
  return { series: SERIES[view].slice(index, index + 1), rows: [points] };
}

/** A day's forecast stands at its noon, in the band that holds 80 % of what may come. */
function forecastRows(forecast: readonly ForecastPoint[]): Point[][] {
  const row = (pick: (point: ForecastPoint) => number) =>
    forecast.map((point) => ({
      time: Date.parse(`${point.date}T12:00:00Z`) / 1000,
      value: pick(point),
    }));
  return [row(({ mean }) => mean), row(({ low80 }) => low80), row(({ high80 }) => high80)];
}

export interface ExportedRow extends Point {
  metric: MetricType;
  low?: number;
  high?: number;
}

/** What is drawn, as rows of a file. */
export function exportedRows(view: ChartView, metrics: readonly MetricHistory[]): ExportedRow[] {
  return VIEW_METRICS[view].flatMap((metric, index) => {
    const { points, spread } = metrics[index] ?? { points: [], spread: null };
    return points.map((point, at) => ({
      ...point,
      metric,
      low: spread?.low[at]?.value,
      high: spread?.high[at]?.value,
    }));
  });
}

import uPlot from "uplot";
import { densePath } from "./densePath";
import { type Palette, translucent } from "./palette";
import type { ChartOptions } from "./useUplot";

export interface ChartSeries {
  label: string;
  color: keyof Palette;
  /** A `lower` and the `upper` after it bound a band: not drawn, filled between. */
  kind: "line" | "area" | "steps" | "forecast" | "lower" | "upper";
}

export interface ChartEvents {
  onZoom: (min: number, max: number) => void;
  onReset: () => void;
  /** Index of the point under the pointer; null when it leaves. */
  onPoint: (index: number | null) => void;
}

const FONT = '11px "Inter Variable", system-ui, sans-serif';
/** Half of a label that stands under the right edge, px. */
const RIGHT = 18;
/** Zoom no deeper than this many seconds. */
const LEAST_ZOOM = 5;

/** Options of the large chart: values over time, zoomed by dragging. */
export function mainOptions(
  series: readonly ChartSeries[],
  scale: "percent" | "count",
  events: ChartEvents,
): (palette: Palette) => ChartOptions {
  return (palette) => ({
    padding: [10, RIGHT, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false },
      points: { size: 7 },
      bind: {
        dblclick: () => () => {
          events.onReset();
          return null;
        },
      },
    },
    scales: { x: { time: true }, y: { range: scale === "percent" ? percentRange : countRange } },
    axes: [
      { ...axis(palette, 84), size: 40, values: timeLabels },
      { ...axis(palette, 30), size: 42 },
    ],
    series: [{}, ...series.map((one) => seriesOptions(one, palette))],
    bands: bands(series, palette),
    hooks: {
      setCursor: [(plot) => events.onPoint(plot.cursor.idx ?? null)],
      setSelect: [
        (plot) => {
          if (plot.select.width < 4) return;
          const min = plot.posToVal(plot.select.left, "x");
          const max = plot.posToVal(plot.select.left + plot.select.width, "x");
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          if (max - min >= LEAST_ZOOM) events.onZoom(min, max);
        },
      ],
    },
  });
}

/** Options of the strip under it: the whole range, a window chosen by dragging. */
export function brushOptions(
  series: ChartSeries,
  onSelect: (min: number, max: number) => void,
): (palette: Palette) => ChartOptions {
  return (palette) => ({
    padding: [2, RIGHT, 2, 42],
    legend: { show: false },
    cursor: {
      x: false,
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false },
    },
    scales: { x: { time: true } },
    axes: [{ show: false }, { show: false }],
    series: [{}, seriesOptions(series, palette)],
    hooks: {
      setSelect: [
        (plot) => {
          if (plot.select.width < 2) return;
          const min = plot.posToVal(plot.select.left, "x");
          const max = plot.posToVal(plot.select.left + plot.select.width, "x");
          if (max - min >= LEAST_ZOOM) onSelect(min, max);
        },
      ],
    },
  });
}

function axis(palette: Palette, space: number): uPlot.Axis {
  return {
    stroke: palette.muted,
    font: FONT,
    space,
    grid: { stroke: palette.grid, width: 1 },
    ticks: { show: false },
  };
}

const DAY = 86_400;
const dayLabel = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const hourLabel = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const secondLabel = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

/** Days by date, hours by the clock with the date under the first of each day. */
function timeLabels(_plot: uPlot, splits: number[], _axis: number, _space: number, step: number) {
  let day = "";
  return splits.map((split) => {
    const time = new Date(split * 1000);
    const date = dayLabel.format(time);
    if (step >= DAY) return date;
    const clock = (step < 60 ? secondLabel : hourLabel).format(time);
    const first = date !== day;
    day = date;
    return first ? `${clock}\n${date}` : clock;
  });
}

const LINEAR = uPlot.paths.linear?.();
const STEPPED = uPlot.paths.stepped?.({ align: 1 });

function seriesOptions({ label, color, kind }: ChartSeries, palette: Palette): uPlot.Series {
  const stroke = palette[color];
  const base: uPlot.Series = {
    label,
    stroke,
    width: 1.75,
    points: { size: 4 },
    spanGaps: true,
    paths: LINEAR && densePath(LINEAR, translucent(stroke, 0.6)),
  };
  switch (kind) {
    case "area":
      return { ...base, fill: translucent(stroke, 0.12) };
    case "steps":
      return {
        ...base,
        fill: translucent(stroke, 0.18),
        paths: STEPPED && densePath(STEPPED, translucent(stroke, 0.6)),
      };
    case "forecast":
      return { ...base, dash: [5, 4], points: { show: false } };
    case "lower":
    case "upper":
      return { ...base, width: 0, points: { show: false } };
    default:
      return base;
  }
}

function bands(series: readonly ChartSeries[], palette: Palette): uPlot.Band[] {
  return series.flatMap(({ kind, color }, index) =>
    kind === "upper"
      ? [{ series: [index + 1, index], fill: translucent(palette[color], 0.14) }]
      : [],
  );
}

/** Fit the data, but never beyond 0-100 nor so close that noise fills the chart. */
function percentRange(_plot: uPlot, min: number, max: number): [number, number] {
  if (!Number.isFinite(min) || !Number.isFinite(max)) return [0, 100];
  const slack = Math.max((max - min) * 0.12, 2);
  const low = Math.max(0, Math.floor(min - slack));
  const high = Math.min(100, Math.ceil(max + slack));
  // A line along the edge would be cut in half.
  const hem = (high - low) * 0.02;
  return [low === 0 ? -hem : low, high === 100 ? 100 + hem : high];
}

function countRange(_plot: uPlot, _min: number, max: number): [number, number] {
  return [0, Math.max(5, Number.isFinite(max) ? Math.ceil(max * 1.1) : 5)];
}

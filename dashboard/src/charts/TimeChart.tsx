import { ZoomIn, ZoomOut } from "lucide-react";
import { type KeyboardEvent, useCallback, useMemo, useState } from "react";
import type { AlignedData } from "uplot";
import { Button, IconButton } from "../components/Button";
import { formatScore, formatTime } from "../format";
import { brushOptions, type ChartSeries, mainOptions } from "./options";
import { VARIABLE } from "./palette";
import { pan, type Window, zoom } from "./range";
import styles from "./TimeChart.module.css";
import { useUplot } from "./useUplot";

interface TimeChartProps {
  /** What the chart shows, for those who cannot see it. */
  label: string;
  /** Seconds since the epoch, then one row per series. */
  data: AlignedData;
  series: readonly ChartSeries[];
  scale: "percent" | "count";
  /** The whole range, seconds since the epoch. */
  bounds: Window;
  height?: number;
  /** What the line stands for, where that is not every value. */
  note?: string;
}

/** Values over time: zoomed by dragging, by the strip below, by buttons or by keys. */
export function TimeChart(props: TimeChartProps) {
  const { label, data, series, scale, bounds, height = 260, note } = props;
  const [zoomed, setZoomed] = useState<Window | null>(null);
  const [point, setPoint] = useState<number | null>(null);

  const options = useMemo(
    () =>
      mainOptions(series, scale, {
        onZoom: (min, max) => setZoomed([min, max]),
        onReset: () => setZoomed(null),
        onPoint: setPoint,
      }),
    [series, scale],
  );
  const brush = useMemo(
    () => brushOptions(first(series), (min, max) => setZoomed([min, max])),
    [series],
  );
  const shown = zoomed ?? bounds;
  const main = useUplot({ options, data, range: shown, height });
  const strip = useUplot({
    options: brush,
    data: useMemo(() => [data[0], data[1] ?? []] as AlignedData, [data]),
    range: bounds,
    height: 44,
    selection: zoomed,
  });

  const scaleBy = useCallback(
    (factor: number) => setZoomed((now) => zoom(now ?? bounds, bounds, factor)),
    [bounds],
  );
  const onKeyDown = (event: KeyboardEvent) => {
    const actions: Record<string, () => void> = {
      "+": () => scaleBy(0.5),
      "=": () => scaleBy(0.5),
      "-": () => scaleBy(2),
      Escape: () => setZoomed(null),
      ArrowLeft: () => zoomed && setZoomed(pan(zoomed, bounds, -0.2)),
      ArrowRight: () => zoomed && setZoomed(pan(zoomed, bounds, 0.2)),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };

  return (
    <div className={styles.chart}>
      <div className={styles.bar}>
        <Legend series={series} data={data} index={point} note={note} />
        <div className={styles.controls}>
          <IconButton size="s" label="Zoom in" onClick={() => scaleBy(0.5)}>
            <ZoomIn aria-hidden />
          </IconButton>
          <IconButton size="s" label="Zoom out" disabled={!zoomed} onClick={() => scaleBy(2)}>
            <ZoomOut aria-hidden />
          </IconButton>
          <Button size="s" look="quiet" disabled={!zoomed} onClick={() => setZoomed(null)}>
            Reset
          </Button>
        </div>
      </div>
      <div
        ref={main}
        role="application"
        aria-roledescription="chart"
        aria-label={`${label}. Plus and minus zoom, arrows move, Escape shows all.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: keys zoom and move it
        tabIndex={0}
        onKeyDown={onKeyDown}
        style={{ height }}
      />
      <div ref={strip} className={styles.strip} aria-hidden />
    </div>
  );
}

function first(series: readonly ChartSeries[]): ChartSeries {
  const [one] = series;
  if (!one) throw new Error("A chart needs a series");
  return one.kind === "steps" ? one : { ...one, kind: "area" };
}

interface LegendProps {
  series: readonly ChartSeries[];
  data: AlignedData;
  /** The point that is pointed at; null: the newest. */
  index: number | null;
  note: string | undefined;
}

function Legend({ series, data, index, note }: LegendProps) {
  const times = data[0];
  const time = index === null ? undefined : times[index];
  return (
    <div className={styles.legend}>
      {series.map(({ label, color, kind }, row) =>
        kind === "lower" || kind === "upper" ? null : (
          <span key={label}>
            <i style={{ background: `var(${VARIABLE[color]})` }} />
            {label}
            <b>{formatScore(valueAt(data[row + 1], index))}</b>
          </span>
        ),
      )}
      <span className={styles.when}>{time === undefined ? "latest" : formatTime(time * 1000)}</span>
      {note && <span>{note}</span>}
    </div>
  );
}

/** The value at a point or, failing that, the last one before it. */
function valueAt(values: AlignedData[number] | undefined, index: number | null): number | null {
  if (!values) return null;
  for (let at = index ?? values.length - 1; at >= 0; at--) {
    const value = values[at];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}

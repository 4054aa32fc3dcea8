import type uPlot from "uplot";

type PathBuilder = uPlot.Series.PathBuilder;

/** Values per pixel above which a line can no longer be told from the area it covers. */
const DENSE = 4;
/** Least height of what is drawn, px. */
const LEAST_HEIGHT = 2;

/**
 * Draws few values by `sparse`, and of many what those on each pixel span.
 *
 * A line through tens of thousands of values crosses itself on every pixel, which a canvas
 * takes hundreds of milliseconds for; the outline of what they span looks the same.
 */
export function densePath(sparse: PathBuilder, fill: string): PathBuilder {
  return (plot, series, first, last) => {
    if (last - first < DENSE * plot.bbox.width) return sparse(plot, series, first, last);
    return { stroke: null, fill: new Map([[fill, outline(columnsOf(plot, series, first, last))]]) };
  };
}

interface Column {
  /** Canvas pixels. */
  x: number;
  top: number;
  bottom: number;
}

/** What the values on each pixel of the time axis span, from left to right. */
function columnsOf(plot: uPlot, series: number, first: number, last: number): Column[] {
  const xOf = pixelOfTime(plot);
  const times = plot.data[0];
  const values = plot.data[series] ?? [];
  const columns: Column[] = [];
  for (let index = first; index <= last; index++) {
    const value = values[index];
    if (value != null) add(columns, xOf(times[index] ?? 0), plot.valToPos(value, "y", true));
  }
  return columns;
}

/** The chart's own conversion, without its overhead for each value. */
function pixelOfTime({ bbox, scales }: uPlot): (time: number) => number {
  const min = scales.x?.min ?? 0;
  const max = scales.x?.max ?? 1;
  const scale = bbox.width / (max - min || 1);
  return (time) => Math.round(bbox.left + (time - min) * scale);
}

function add(columns: Column[], x: number, y: number): void {
  const column = columns.at(-1);
  if (column?.x === x) {
    column.top = Math.min(column.top, y);
    column.bottom = Math.max(column.bottom, y);
  } else {
    columns.push({ x, top: y, bottom: y });
  }
}

/** Along the tops and back along the bottoms. */
function outline(columns: readonly Column[]): Path2D {
  const path = new Path2D();
  for (const { x, top } of columns) path.lineTo(x, top - LEAST_HEIGHT / 2);
  for (const { x, bottom } of columns.toReversed()) path.lineTo(x, bottom + LEAST_HEIGHT / 2);
  path.closePath();
  return path;
}

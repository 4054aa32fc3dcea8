import { type RefObject, useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { onThemeChange, type Palette, paletteAt } from "./palette";
import { dragByTouch } from "./touch";

export type ChartOptions = Omit<uPlot.Options, "width" | "height">;

interface UplotParams {
  /** Makes the options in the given colours; a new function makes a new chart. */
  options: (palette: Palette) => ChartOptions;
  data: uPlot.AlignedData;
  /** Seconds since the epoch; null: all of the data. */
  range: readonly [number, number] | null;
  /** A window to mark as selected; undefined: the chart keeps no selection. */
  selection?: readonly [number, number] | null;
  height: number;
}

/** Keeps a uPlot chart in the returned element: its size, its theme, its data. */
export function useUplot(params: UplotParams): RefObject<HTMLDivElement | null> {
  const { options, data, range, height, selection } = params;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef({ data, range, selection });
  latest.current = { data, range, selection };

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const size = () => ({ width: Math.max(element.clientWidth, 50), height });
    const draw = () => {
      plot.current?.destroy();
      const made = { ...options(paletteAt(element)), ...size() };
      plot.current = new uPlot(made, [[]], element);
      dragByTouch(plot.current);
      show(plot.current, latest.current);
    };
    draw();
    const resizes = new ResizeObserver(() => plot.current?.setSize(size()));
    resizes.observe(element);
    const forget = onThemeChange(draw);
    return () => {
      forget();
      resizes.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [options, height]);

  useEffect(() => {
    if (plot.current) show(plot.current, { data, range, selection });
  }, [data, range, selection]);

  return host;
}

type Shown = Pick<UplotParams, "data" | "range" | "selection">;

function show(plot: uPlot, { data, range, selection }: Shown): void {
  plot.batch(() => {
    plot.setData(data, range === null);
    if (range) plot.setScale("x", { min: range[0], max: range[1] });
  });
  if (selection === undefined) return;
  const left = selection ? plot.valToPos(selection[0], "x") : 0;
  const width = selection ? plot.valToPos(selection[1], "x") - left : 0;
  plot.setSelect({ left, top: 0, width, height: plot.over.clientHeight }, false);
}

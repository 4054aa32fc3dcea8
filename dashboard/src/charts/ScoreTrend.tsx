import { useMemo } from "react";
import type { AlignedData } from "uplot";
import type { TrendPoint } from "../wire";
import type { ChartSeries } from "./options";
import { TimeChart } from "./TimeChart";

const SERIES: readonly ChartSeries[] = [
  { label: "Average", color: "accent", kind: "area" },
  { label: "Lowest", color: "muted", kind: "forecast" },
];

/** Daily scores as a chart. */
export function ScoreTrend({ points }: { points: readonly TrendPoint[] }) {
  const data = useMemo<AlignedData>(
    () => [
      points.map((point) => Date.parse(`${point.date}T00:00:00Z`) / 1000),
      points.map((point) => point.average),
      points.map((point) => point.minimum),
    ],
    [points],
  );
  const times = data[0];
  const bounds = useMemo<[number, number]>(
    () => [times[0] ?? 0, Math.max(times.at(-1) ?? 1, (times[0] ?? 0) + 86_400)],
    [times],
  );
  return (
    <TimeChart
      label="Average and lowest score by day"
      data={data}
      series={SERIES}
      scale="percent"
      bounds={bounds}
      height={220}
    />
  );
}

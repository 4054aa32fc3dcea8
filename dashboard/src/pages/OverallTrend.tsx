import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { aligned, append, type Point } from "../charts/history";
import type { ChartSeries } from "../charts/options";
import { type RangeName, startOf } from "../charts/range";
import { TimeChart } from "../charts/TimeChart";
import { Card } from "../components/Card";
import { EmptyState, Failure, Skeleton } from "../components/Feedback";
import { Segments } from "../components/Field";
import { useSession } from "../live/context";
import { useSignal } from "../live/signal";
import { cache } from "../rest/cache";
import { getTrends } from "../rest/quality";
import type { TrendPoint } from "../wire";

const RANGES = [
  { value: "24h", label: "24 h" },
  { value: "7d", label: "7 d" },
  { value: "30d", label: "30 d" },
  { value: "1y", label: "1 y" },
] as const satisfies { value: RangeName; label: string }[];

type TrendRange = (typeof RANGES)[number]["value"];

const BUCKET: Readonly<Record<TrendRange, string>> = {
  "24h": "1h",
  "7d": "1h",
  "30d": "1d",
  "1y": "1d",
};

const SERIES: readonly ChartSeries[] = [
  { label: "Mean", color: "accent", kind: "area" },
  { label: "Lowest of an asset", color: "muted", kind: "forecast" },
];

const MINUTE = 60_000;
/** Between two points at the live end, ms. */
const PACE = 5_000;

/** How the score of all assets went, up to now. */
export function OverallTrend() {
  const { endpoint } = useSession();
  const [range, setRange] = useState<TrendRange>("7d");
  const { data, error, isPending, refetch } = useQuery(
    {
      queryKey: ["trends", endpoint, range],
      queryFn: ({ signal }) =>
        getTrends(endpoint, { bucket: BUCKET[range], since: startOf(range) }, signal),
      staleTime: MINUTE,
      refetchInterval: MINUTE,
    },
    cache,
  );
  return (
    <Card
      title="Score of all assets"
      aside={<Segments label="Range" value={range} choices={RANGES} onChange={setRange} />}
    >
      {isPending ? (
        <Skeleton lines={8} height={22} />
      ) : error && !data ? (
        <Failure error={error} retry={() => void refetch()} />
      ) : data?.length ? (
        <Trend key={range} trend={data} range={range} />
      ) : (
        <EmptyState title="Nothing recorded">
          <p>No score came in within this time. Try a longer range.</p>
        </EmptyState>
      )}
    </Card>
  );
}

function Trend({ trend, range }: { trend: readonly TrendPoint[]; range: TrendRange }) {
  const { overall } = useSession();
  const recent = useSignal(overall.recent, PACE);
  const data = useMemo(() => {
    const row = (pick: (point: TrendPoint) => number): Point[] =>
      trend.map((point) => ({ time: Date.parse(point.start) / 1000, value: pick(point) }));
    const mean = append(
      row(({ average }) => average),
      recent.slice(-1),
    );
    return aligned([mean, row(({ minimum }) => minimum)]);
  }, [trend, recent]);
  const times = data[0];
  const bounds = useMemo<[number, number]>(() => [times[0] ?? 0, times.at(-1) ?? 1], [times]);
  return (
    <TimeChart
      label={`Mean and lowest score of all assets, last ${range}`}
      data={data}
      series={SERIES}
      scale="percent"
      bounds={bounds}
      height={230}
    />
  );
}

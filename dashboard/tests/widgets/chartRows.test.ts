import { beforeEach, describe, expect, it, vi } from "vitest";
import { chartRows, exportedRows } from "../../src/widgets/chartRows";
import { getMetricHistory, type MetricHistory } from "../../src/widgets/metricHistory";
import { FakeEdge, page } from "../support/fakeEdge";

const NOW = Date.UTC(2026, 0, 31, 12, 30);
const HOUR = 3_600;
const endpoint = { base: "http://edge/api/quality/realtime" };
const bucket = { name: "1h", seconds: HOUR, adverb: "hourly" };
const points = (...times: number[]) => times.map((time) => ({ time, value: time }));
const values = (...times: number[]): MetricHistory => ({ points: points(...times), spread: null });
const means: MetricHistory = {
  points: points(5),
  spread: { bucket, low: points(1), high: points(9) },
};

function aBucket(hoursAgo: number, count: number) {
  const start = new Date(Math.floor(NOW / 3_600_000 - hoursAgo) * 3_600_000).toISOString();
  return { start, average: 90, minimum: 80, maximum: 99, count };
}

describe("the history of a metric", () => {
  let edge: FakeEdge;

  beforeEach(() => {
    vi.useFakeTimers({ now: NOW });
    edge = new FakeEdge();
  });

  const ask = (range: "24h" | "7d") =>
    getMetricHistory(endpoint, { assetId: "a[1]", metricType: "score", range });
  const recorded = (count: number) =>
    page(
      Array.from({ length: count }, (_, index) => ({
        timestamp: new Date(NOW - index * 1_000).toISOString(),
        value: index,
      })),
    );

  it("is every value of a short range", async () => {
    edge.on("GET", "/metrics/history", recorded(3));
    const history = await ask("24h");
    expect(history.points.map(({ value }) => value)).toEqual([2, 1, 0]);
    expect(history.spread).toBeNull();
    expect(edge.asked).toHaveLength(1);
  });

  it("is every value of a long range that holds few", async () => {
    edge.on("GET", "/trends", page([aBucket(1, 2), aBucket(0, 1)]));
    edge.on("GET", "/metrics/history", recorded(3));
    expect((await ask("7d")).spread).toBeNull();
    expect(edge.of("GET", "/trends")[0]?.query).toMatchObject({ assetId: "a[[]1]", bucket: "1h" });
  });

  it("goes by buckets where a long range holds many values", async () => {
    edge.on("GET", "/trends", page([aBucket(1, 4_000), aBucket(0, 4_000)]));
    const { points: shown, spread } = await ask("7d");
    const now = NOW / 1000;
    expect(shown).toEqual([
      { time: now - HOUR, value: 90 },
      { time: now, value: 90 },
    ]);
    expect(spread?.low.map(({ value }) => value)).toEqual([80, 80]);
    expect(spread?.high.map(({ value }) => value)).toEqual([99, 99]);
    expect(edge.of("GET", "/metrics/history")).toEqual([]);
  });

  it("goes by buckets where the values themselves are kept no more", async () => {
    edge.on("GET", "/trends", page([aBucket(100, 10), aBucket(0, 10)]));
    edge.on("GET", "/metrics/history", recorded(10));
    expect((await ask("7d")).spread?.bucket.name).toBe("1h");
  });
});

describe("the rows of the chart", () => {
  it("are of the metrics that have values, in their own colours", () => {
    const { series, rows } = chartRows("dimensions", [values(), values(1), values(2)], []);
    expect(series.map(({ label, color }) => [label, color])).toEqual([
      ["Accuracy", "series2"],
      ["Consistency", "series3"],
    ]);
    expect(rows).toEqual([points(1), points(2)]);
  });

  it("put a band about means, and about the forecast behind them", () => {
    const day = { date: "1970-01-02", mean: 5, low80: 4, high80: 6, low95: 3, high95: 7 };
    const forecast = [day];
    const { series, rows } = chartRows("score", [means], forecast);
    expect(series.map(({ kind }) => kind)).toEqual([
      "line",
      "lower",
      "upper",
      "forecast",
      "lower",
      "upper",
    ]);
    expect(rows.map((row) => row[0]?.value)).toEqual([5, 1, 9, 5, 4, 6]);
    expect(rows.at(-1)?.[0]?.time).toBe(1.5 * 24 * HOUR);
  });

  it("keep the identity of their series, so that new points build no new chart", () => {
    const [before] = chartRows("score", [values(1)], []).series;
    expect(chartRows("score", [values(1, 2)], []).series[0]).toBe(before);
  });

  it("are exported with what is lowest and highest", () => {
    expect(exportedRows("score", [means])).toEqual([
      { time: 5, value: 5, metric: "score", low: 1, high: 9 },
    ]);
    expect(exportedRows("issues", [values(1)])).toEqual([
      { time: 1, value: 1, metric: "issues", low: undefined, high: undefined },
    ]);
  });
});

import type uPlot from "uplot";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { linePath } from "../../src/charts/AreaLine";
import { densePath } from "../../src/charts/densePath";
import { aligned, append, inOrder, MOST_POINTS } from "../../src/charts/history";
import { type ChartSeries, mainOptions } from "../../src/charts/options";
import type { Palette } from "../../src/charts/palette";
import { pan, zoom } from "../../src/charts/range";
import { sparkPath } from "../../src/charts/Sparkline";

const points = (...times: number[]) => times.map((time) => ({ time, value: time * 10 }));

describe("points", () => {
  it("are put in order, each time once, the later given holding", () => {
    expect(inOrder([...points(3, 1), { time: 3, value: 7 }, ...points(2)])).toEqual([
      { time: 1, value: 10 },
      { time: 2, value: 20 },
      { time: 3, value: 7 },
    ]);
  });

  it("are joined where recorded and live overlap", () => {
    const recorded = points(1, 2, 3);
    expect(append(recorded, [])).toBe(recorded);
    expect(append(recorded, points(4)).map(({ time }) => time)).toEqual([1, 2, 3, 4]);
    expect(append(recorded, points(2, 3, 4)).map(({ time }) => time)).toEqual([1, 2, 3, 4]);
    expect(append(recorded, points(5, 4)).map(({ time }) => time)).toEqual([1, 2, 3, 4, 5]);
  });

  it("are bounded, the oldest going first", () => {
    const many = points(...Array.from({ length: MOST_POINTS }, (_, time) => time));
    const joined = append(many, points(MOST_POINTS, MOST_POINTS + 1));
    expect(joined).toHaveLength(MOST_POINTS);
    expect(joined[0]?.time).toBe(2);
  });

  it("of several series share their times, with nothing where one has none", () => {
    expect(aligned([])).toEqual([[]]);
    expect(aligned([points(1, 2)])).toEqual([
      [1, 2],
      [10, 20],
    ]);
    expect(aligned([points(1, 2), points(2, 3)])).toEqual([
      [1, 2, 3],
      [10, 20, undefined],
      [undefined, 20, 30],
    ]);
  });
});

describe("windows", () => {
  const bounds = [0, 100] as const;

  it("zoom about their middle and never past the whole", () => {
    expect(zoom([40, 60], bounds, 0.5)).toEqual([45, 55]);
    expect(zoom([0, 20], bounds, 2)).toEqual([0, 30]);
    expect(zoom([10, 90], bounds, 2)).toBeNull();
  });

  it("move and stop at the ends", () => {
    expect(pan([40, 60], bounds, 0.5)).toEqual([50, 70]);
    expect(pan([40, 60], bounds, 10)).toEqual([80, 100]);
    expect(pan([40, 60], bounds, -10)).toEqual([0, 20]);
  });
});

describe("chart options", () => {
  const palette = new Proxy({}, { get: () => "rgb(1, 2, 3)" }) as Palette;
  const events = { onZoom: vi.fn(), onReset: vi.fn(), onPoint: vi.fn() };
  const kinds = (...given: ChartSeries["kind"][]): ChartSeries[] =>
    given.map((kind) => ({ label: kind, color: "accent", kind }));

  it("fill each band between its bounds", () => {
    const options = mainOptions(kinds("area", "forecast", "lower", "upper"), "percent", events);
    expect(options(palette).bands).toEqual([{ series: [4, 3], fill: "rgba(1, 2, 3, 0.14)" }]);
    const two = mainOptions(
      kinds("line", "lower", "upper", "forecast", "lower", "upper"),
      "percent",
      events,
    );
    expect(two(palette).bands?.map(({ series }) => series)).toEqual([
      [3, 2],
      [6, 5],
    ]);
    expect(mainOptions(kinds("area"), "percent", events)(palette).bands).toEqual([]);
  });

  it("keep scores within 0-100 and counts above 0, and never zoom into noise", () => {
    const range = (scale: "percent" | "count", min: number, max: number) => {
      const { scales } = mainOptions(kinds("line"), scale, events)(palette);
      const fit = scales?.y?.range as unknown;
      return (fit as (...args: unknown[]) => [number, number])(null, min, max);
    };
    expect(range("percent", 50, 70)).toEqual([47, 73]);
    expect(range("percent", 99, 100)).toEqual([97, 100.06]);
    expect(range("percent", 1, 99)).toEqual([-2, 102]);
    expect(range("percent", Number.NaN, Number.NaN)).toEqual([0, 100]);
    expect(range("count", 0, 2)).toEqual([0, 5]);
    expect(range("count", 0, 100)).toEqual([0, 111]);
  });
});

describe("sparkPath", () => {
  it("spans the box from the first value to the last, higher values higher", () => {
    const path = sparkPath([0, 50, 100], 96, 24);
    expect(path).toEqual([
      [3, 21],
      [48, 12],
      [93, 3],
    ]);
  });

  it("draws noise flat", () => {
    const heights = sparkPath([90, 90.2, 90.1], 96, 24).map(([, y]) => y);
    expect(Math.max(...heights) - Math.min(...heights)).toBeLessThan(1);
  });
});

describe("the line over an area", () => {
  const axes = { from: 100, to: 200, low: 0, high: 10, height: 50 };

  it("runs from edge to edge, the first and the last value held", () => {
    const path = linePath(
      [
        { time: 150, value: 5 },
        { time: 175, value: 10 },
      ],
      axes,
    );
    expect(path).toBe("M0,25L200,25L300,0H400");
  });

  it("stays within its box, and takes an axis without length", () => {
    expect(linePath([{ time: 500, value: 99 }], axes)).toBe("M0,0L400,0H400");
    expect(linePath([{ time: 100, value: 5 }], { ...axes, to: 100 })).toBe("M0,25L0,25H400");
    expect(linePath([], axes)).toBe("");
  });
});

describe("of more values than can be told apart", () => {
  const TRANSPARENT = "rgba(1, 2, 3, 0.6)";
  const sparse = vi.fn(() => ({ stroke: null }));
  const lines: [number, number][] = [];

  beforeEach(() => {
    lines.length = 0;
    vi.stubGlobal(
      "Path2D",
      class {
        lineTo = (x: number, y: number) => lines.push([x, y]);
        closePath = () => undefined;
      },
    );
  });

  /** A chart 10 pixels wide of as many values as given, one a second. */
  const plotOf = (values: (number | null)[]) =>
    ({
      data: [values.map((_, second) => second), values],
      bbox: { left: 5, top: 0, width: 10, height: 100 },
      scales: { x: { min: 0, max: values.length } },
      valToPos: (value: number) => 100 - value,
    }) as unknown as uPlot;

  it("what they span is drawn, at the cost of the chart's width", () => {
    const values = Array.from({ length: 1_000 }, (_, index) => (index % 3 ? 50 : 60));
    const build = densePath(sparse, TRANSPARENT);
    const paths = build(plotOf(values), 1, 0, values.length - 1);
    expect(paths?.fill).toEqual(new Map([[TRANSPARENT, expect.anything()]]));
    expect(lines).toHaveLength(22);
    expect(lines.slice(0, 2)).toEqual([
      [5, 39],
      [6, 39],
    ]);
    expect(lines.at(-1)).toEqual([5, 51]);
    expect(sparse).not.toHaveBeenCalled();
  });

  it("what is missing is skipped, and few values are a line", () => {
    const build = densePath(sparse, TRANSPARENT);
    build(plotOf(Array.from({ length: 100 }, () => null)), 1, 0, 99);
    expect(lines).toEqual([]);
    build(plotOf([1, 2, 3]), 1, 0, 2);
    expect(sparse).toHaveBeenCalledOnce();
  });
});

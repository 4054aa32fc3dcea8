import { beforeEach, describe, expect, it, vi } from "vitest";
import { Follower, MOST_CHANGES } from "../../src/live/follower";
import { PointCollector } from "../../src/live/pointCollector";
import { aChange } from "../support/samples";

const at = (second: number) => new Date(second * 1_000).toISOString();
const score = (second: number) =>
  aChange({ assetId: "a", timestamp: at(second), currentValue: second });

describe("PointCollector", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  it("gathers every change of its asset, however many come between two tellings", () => {
    const follower = new Follower(["*"]);
    const collector = new PointCollector(follower, "a");
    const stop = collector.start();
    for (let second = 1; second <= 500; second++) {
      follower.append([score(second), aChange({ assetId: "b" })]);
    }
    expect(collector.points.get()).toEqual({});
    vi.advanceTimersByTime(250);
    const times = collector.points.get().score?.map(({ time }) => time);
    expect(times).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
    follower.append([score(501), aChange({ assetId: "a", metricType: "issues" })]);
    vi.advanceTimersByTime(250);
    expect(collector.points.get().score).toHaveLength(501);
    expect(collector.points.get().issues).toHaveLength(1);
    stop();
    follower.append([score(502)]);
    vi.advanceTimersByTime(1_000);
    expect(collector.points.get().score).toHaveLength(501);
  });

  it("misses none of a burst that is longer than what is kept to be shown", () => {
    const follower = new Follower(["a"]);
    const collector = new PointCollector(follower, "a");
    collector.start();
    follower.append(Array.from({ length: 5 * MOST_CHANGES }, (_, index) => score(index + 1)));
    vi.advanceTimersByTime(250);
    expect(collector.points.get().score).toHaveLength(5 * MOST_CHANGES);
    expect(follower.changes.get()).toHaveLength(MOST_CHANGES);
  });

  it("counts each change once, stopped and started again", () => {
    const follower = new Follower(["*"]);
    const collector = new PointCollector(follower, "a");
    collector.start()();
    collector.start();
    follower.append([score(1), score(2)]);
    vi.advanceTimersByTime(250);
    expect(collector.points.get().score).toHaveLength(2);
  });
});

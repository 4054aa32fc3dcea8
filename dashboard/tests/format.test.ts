import { describe, expect, it } from "vitest";
import {
  formatAgo,
  formatChange,
  formatCount,
  formatDuration,
  formatScore,
  formatSpan,
  formatTime,
} from "../src/format";
import { healthOf, improvement } from "../src/quality";

describe("numbers", () => {
  it.each([
    [93.46, "93.5"],
    [100, "100.0"],
    [0, "0.0"],
    [null, "–"],
    [Number.NaN, "–"],
  ])("score %j is %j", (value, text) => expect(formatScore(value)).toBe(text));

  it.each([
    [12_345, "12,345"],
    [1_234_567, "1.2M"],
    [undefined, "–"],
  ])("count %j is %j", (value, text) => expect(formatCount(value)).toBe(text));

  it.each([
    [20, "+20"],
    [-19.96, "−20"],
    [-0.5, "−0.5"],
    [0.01, "±0"],
    [-0.04, "±0"],
    [0, "±0"],
  ])("change %j is %j", (value, text) => expect(formatChange(value)).toBe(text));
});

describe("spans", () => {
  const local = (day: number, hour: number) => new Date(2026, 10, day, hour).getTime();

  it("tell the day once where there is but one", () => {
    const text = formatSpan(local(28, 20), local(28, 23));
    expect(text).toMatch(/^28 Nov 2026,? 20:00\W+23:00$/);
  });

  it("tell both days where there are two", () => {
    const text = formatSpan(local(28, 20), local(29, 2));
    expect(text).toMatch(/^28 Nov 2026, 20:00\W+29 Nov 2026, 02:00$/);
  });
});

describe("times", () => {
  const now = Date.parse("2026-01-10T12:00:00Z");
  const earlier = (seconds: number) => new Date(now - seconds * 1_000).toISOString();

  it.each([
    [1, "just now"],
    [42, "42 s ago"],
    [190, "3 min ago"],
    [5 * 3_600, "5 h ago"],
    [2 * 86_400, "2 d ago"],
    [-3, "just now"],
  ])("%j s ago is %j", (seconds, text) => expect(formatAgo(earlier(seconds), now)).toBe(text));

  it("beyond a month, or well ahead, is the date itself", () => {
    for (const time of [earlier(60 * 86_400), earlier(-3_600)]) {
      expect(formatAgo(time, now)).toBe(formatTime(time));
    }
  });

  it.each([
    [0, "0 s"],
    [42, "42 s"],
    [190, "3 min 10 s"],
    [7_500, "2 h 5 min"],
    [86_400, "1 d"],
    [360_000, "4 d 4 h"],
  ])("%j s last %j", (seconds, text) => expect(formatDuration(seconds)).toBe(text));
});

describe("health", () => {
  it.each([
    [100, "good"],
    [90, "good"],
    [89.9, "fair"],
    [75, "fair"],
    [74.9, "poor"],
    [0, "poor"],
    [null, "unknown"],
  ])("of %j is %j", (score, health) => expect(healthOf(score)).toBe(health));

  it("is better with more score and fewer issues", () => {
    expect(improvement("score", 5)).toBe(1);
    expect(improvement("completeness", -5)).toBe(-1);
    expect(improvement("issues", 5)).toBe(-1);
    expect(improvement("issues", -5)).toBe(1);
    expect(improvement("issues", 0)).toBe(0);
  });
});

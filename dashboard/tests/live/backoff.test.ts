import { describe, expect, it } from "vitest";
import { backoff, LONGEST_WAIT } from "../../src/live/backoff";

describe("backoff", () => {
  it("doubles from the base up to the cap", () => {
    const waits = [0, 1, 2, 3, 9].map((attempt) => backoff(attempt, 500, () => 1));
    expect(waits).toEqual([500, 1000, 2000, 4000, 4000]);
  });

  it("draws from the upper half of the wait", () => {
    expect(backoff(1, 500, () => 0)).toBe(500);
    expect(backoff(1, 500, () => 0.5)).toBe(750);
  });

  it("never waits so long that a reconnection takes 5 s", () => {
    for (let attempt = 0; attempt < 2_000; attempt++) {
      const wait = backoff(attempt, 60_000);
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThanOrEqual(LONGEST_WAIT);
    }
    expect(LONGEST_WAIT).toBeLessThan(5_000);
  });
});

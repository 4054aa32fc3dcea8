import { describe, expect, it } from "vitest";
import { isPattern, matchesGlob } from "../../src/live/glob";

describe("matchesGlob", () => {
  it.each([
    ["*", "warehouse.sales.orders", true],
    ["warehouse.sales.orders", "warehouse.sales.orders", true],
    ["warehouse.sales.orders", "warehouse.sales.order", false],
    ["warehouse.*", "warehouse.sales.orders", true],
    ["warehouse.*", "lake.sales", false],
    ["*.orders", "warehouse.sales.orders", true],
    ["table_?", "table_1", true],
    ["table_?", "table_12", false],
    ["table_[ab]", "table_b", true],
    ["table_[!ab]", "table_b", false],
    ["table_[!ab]", "table_c", true],
    ["a.b", "axb", false],
    ["A*", "abc", false],
    ["a(b)*", "a(b)c", true],
    ["a\\*", "a\\b", true],
    ["a*", "a\nb", true],
    ["a[", "a[", true],
    ["a[*", "a[b", true],
  ])("%j over %j is %j", (pattern, assetId, expected) => {
    expect(matchesGlob(pattern, assetId)).toBe(expected);
  });

  it("knows a pattern when it sees one", () => {
    expect(isPattern("warehouse.sales.orders")).toBe(false);
    expect(isPattern("warehouse.*")).toBe(true);
  });
});

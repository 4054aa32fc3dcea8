import { describe, expect, it } from "vitest";
import { AssetBook } from "../../src/live/assetBook";
import { formatAssetFilter, parseAssetFilter, selectAssets } from "../../src/pages/assetFilter";
import { overlay } from "../../src/pages/useAssets";
import { aChange, anAsset } from "../support/samples";

const assets = [
  anAsset({ assetId: "b.10", assetName: "Ten", score: 50, issues: 1 }),
  anAsset({ assetId: "b.9", assetName: "Nine", score: 95, source: "dbt" }),
  anAsset({ assetId: "a", score: null, activeAlerts: 2, worstSeverity: "medium" }),
  anAsset({ assetId: "c", score: 80, activeAlerts: 1, worstSeverity: "critical", issues: 9 }),
];
const ids = (search: string) =>
  selectAssets(assets, parseAssetFilter(search)).map(({ assetId }) => assetId);

describe("the asset table", () => {
  it("comes in the order asked for", () => {
    expect(ids("")).toEqual(["c", "a", "b.10", "b.9"]);
    expect(ids("sort=name")).toEqual(["a", "b.9", "b.10", "c"]);
    expect(ids("sort=score")).toEqual(["b.10", "c", "b.9", "a"]);
    expect(ids("sort=issues")[0]).toBe("c");
  });

  it("is searched by words, by pattern and by health", () => {
    expect(ids("q=nine")).toEqual(["b.9"]);
    expect(ids("q=DBT+b.")).toEqual(["b.9"]);
    expect(ids("q=b.*")).toEqual(["b.10", "b.9"]);
    expect(ids("health=poor")).toEqual(["b.10"]);
    expect(ids("health=unknown")).toEqual(["a"]);
  });

  it("keeps its filter in the URL", () => {
    const filter = parseAssetFilter("q=a%26b&health=fair&sort=seen");
    expect(parseAssetFilter(formatAssetFilter(filter))).toEqual(filter);
    expect(formatAssetFilter(parseAssetFilter("sort=nonsense&health=x"))).toBe("");
  });
});

describe("what has arrived live", () => {
  const book = new AssetBook();
  book.apply([aChange({ currentValue: 61, timestamp: "2026-02-01T00:00:00Z" })]);
  const live = book.get("warehouse.sales.orders");

  it("lies over what the registry knew", () => {
    expect(overlay(anAsset(), live, null)).toMatchObject({
      score: 61,
      issues: 0,
      lastSeen: "2026-02-01T00:00:00Z",
      activeAlerts: 0,
    });
    expect(overlay(anAsset(), undefined, null)).toEqual(anAsset());
  });

  it("counts alerts where all of them are known", () => {
    const stale = anAsset({ activeAlerts: 3, worstSeverity: "critical" });
    const open = new Map([[stale.assetId, { count: 1, worst: "medium" as const }]]);
    expect(overlay(stale, live, open)).toMatchObject({ activeAlerts: 1, worstSeverity: "medium" });
    expect(overlay(stale, live, new Map())).toMatchObject({ activeAlerts: 0, worstSeverity: null });
  });
});

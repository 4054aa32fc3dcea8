import { describe, expect, it } from "vitest";
import { AlertBook, MOST_ALERTS } from "../../src/live/alertBook";
import { AssetBook } from "../../src/live/assetBook";
import { Follower, MOST_CHANGES, union } from "../../src/live/follower";
import { moves, NOTHING } from "../../src/live/protocol";
import { aChange, afterStep, anAlert } from "../support/samples";

describe("AlertBook", () => {
  it("tells what was news, and passes over repeats and older steps", () => {
    const book = new AlertBook();
    const raised = anAlert();
    const later = afterStep(raised, { status: "acknowledged" });
    expect(book.merge([raised, raised])).toEqual([raised]);
    expect(book.merge([later])).toEqual([later]);
    expect(book.merge([later, raised])).toEqual([]);
    expect(book.get(raised.id)?.status).toBe("acknowledged");
  });

  it("keeps its list as it is when nothing was news", () => {
    const book = new AlertBook();
    const alert = anAlert();
    book.merge([alert]);
    const before = book.list.get();
    book.merge([alert]);
    expect(book.list.get()).toBe(before);
  });

  it("lays drafts over an alert, in any order of coming and going", () => {
    const book = new AlertBook();
    const alert = anAlert();
    book.merge([alert]);
    const first = book.draft([alert.id], { status: "acknowledged" });
    const second = book.draft([alert.id], { assignee: "anna" });
    expect(book.get(alert.id)).toMatchObject({ status: "acknowledged", assignee: "anna" });
    first();
    expect(book.get(alert.id)).toMatchObject({ status: "active", assignee: "anna" });
    second();
    expect(book.get(alert.id)).toBe(alert);
  });

  it("lets the oldest go past its bound", () => {
    const book = new AlertBook();
    const time = (second: number) => new Date(1_700_000_000_000 + second * 1_000).toISOString();
    const many = Array.from({ length: MOST_ALERTS + 5 }, (_, second) =>
      anAlert({ timestamp: time(second) }),
    );
    book.merge(many);
    expect(book.list.get()).toHaveLength(MOST_ALERTS);
    expect(book.list.get()[0]?.timestamp).toBe(time(MOST_ALERTS + 4));
    expect(book.get(many[0]?.id ?? "")).toBeUndefined();
  });

  it("does not grow without bound while nobody looks at the list", () => {
    const book = new AlertBook();
    const first = anAlert({ timestamp: "2020-01-01T00:00:00Z" });
    book.merge([first]);
    book.merge(Array.from({ length: 2 * MOST_ALERTS }, () => anAlert()));
    expect(book.get(first.id)).toBeUndefined();
  });
});

describe("AssetBook", () => {
  it("keeps the newest value of each metric, whatever the order of arrival", () => {
    const book = new AssetBook();
    book.apply([aChange({ currentValue: 80, timestamp: "2026-01-01T00:00:02Z" })]);
    book.apply([aChange({ currentValue: 99, timestamp: "2026-01-01T00:00:01Z" })]);
    book.apply([
      aChange({ metricType: "issues", currentValue: 4, timestamp: "2026-01-01T00:00:03Z" }),
    ]);
    const asset = book.get("warehouse.sales.orders");
    expect(asset?.readings.score?.value).toBe(80);
    expect(asset?.readings.issues?.value).toBe(4);
    expect(asset?.timestamp).toBe("2026-01-01T00:00:03Z");
  });

  it("draws scores on from the value before the first change", () => {
    const book = new AssetBook();
    book.apply([
      aChange({ previousValue: 95, currentValue: 90, timestamp: "2026-01-01T00:00:01Z" }),
      aChange({ previousValue: 90, currentValue: 70, timestamp: "2026-01-01T00:00:02Z" }),
    ]);
    expect(book.get("warehouse.sales.orders")?.scores).toEqual([95, 90, 70]);
  });

  it("tells only those who listen to the asset", () => {
    const book = new AssetBook();
    const heard: string[] = [];
    book.subscribe("a", () => heard.push("a"));
    const stop = book.subscribe("b", () => heard.push("b"));
    book.apply([aChange({ assetId: "a" }), aChange({ assetId: "a" })]);
    stop();
    book.apply([aChange({ assetId: "b" })]);
    expect(heard).toEqual(["a"]);
    expect(book.version.get()).toBe(2);
  });

  it("takes current values from a snapshot without calling them news", () => {
    const book = new AssetBook();
    book.load([
      {
        assetId: "a",
        assetName: "A",
        metricType: "score",
        value: 88,
        timestamp: "2026-01-01T00:00:00Z",
        source: "dbt",
      },
    ]);
    expect(book.get("a")).toMatchObject({ assetName: "A", source: "dbt", heardAt: 0 });
    expect(book.get("a")?.readings.score).toMatchObject({ value: 88, previous: null });
  });
});

describe("Follower", () => {
  it("keeps the newest changes of its assets, newest first", () => {
    const follower = new Follower(["a", "b.*"]);
    const batch = Array.from({ length: MOST_CHANGES }, (_, value) =>
      aChange({ assetId: value % 2 ? "a" : "c", currentValue: value }),
    );
    follower.append(batch);
    follower.append([aChange({ assetId: "b.x", currentValue: 1_000 })]);
    expect(follower.changes.get()).toHaveLength(MOST_CHANGES / 2 + 1);
    expect(follower.changes.get()[0]?.currentValue).toBe(1_000);
  });

  it("drops the changes of assets it no longer follows", () => {
    const follower = new Follower(["*"]);
    follower.append([aChange({ assetId: "a" }), aChange({ assetId: "b" })]);
    follower.follow(["b"]);
    expect(follower.changes.get().map(({ assetId }) => assetId)).toEqual(["b"]);
  });

  it("wants what all of them want, and all swallows the rest", () => {
    const followers = [new Follower(["a", "b"], ["changes"]), new Follower(["b", "c"])];
    expect([...union(followers, "changes")]).toEqual(["a", "b", "c"]);
    expect([...union(followers, "alerts")]).toEqual(["b", "c"]);
    expect([...union([...followers, new Follower(["*"], ["alerts"])], "alerts")]).toEqual(["*"]);
  });
});

describe("moves", () => {
  it("takes out what goes before it adds what comes", () => {
    const from = { changes: new Set(["*"]), alerts: new Set(["*"]) };
    const to = { changes: new Set(["a"]), alerts: new Set(["*"]) };
    expect(moves(from, to)).toEqual([
      { type: "unsubscribe", payload: { all: true, kinds: ["changes"] } },
      { type: "subscribe", payload: { assetIds: ["a"], kinds: ["changes"] } },
    ]);
    expect(moves(to, to)).toEqual([]);
    expect(moves(NOTHING, from)).toHaveLength(2);
  });
});

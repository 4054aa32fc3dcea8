import { act, renderHook } from "@testing-library/react";
import { StrictMode } from "react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { LiveSession } from "../../src/live/session";
import { type RealtimeQualityOptions, useRealtimeQuality } from "../../src/live/useRealtimeQuality";
import { FakeEdge, one } from "../support/fakeEdge";
import { FakeSocket, frame, untilDialled } from "../support/fakeSocket";
import { aChange, afterStep, anAlert, someStats } from "../support/samples";

let edge: FakeEdge;
let url: string;
let serial = 0;

beforeEach(() => {
  vi.useFakeTimers({
    toFake: [
      "setTimeout",
      "clearTimeout",
      "requestAnimationFrame",
      "cancelAnimationFrame",
      "Date",
      "setInterval",
      "clearInterval",
    ],
  });
  FakeSocket.install();
  edge = new FakeEdge().on("GET", "/stats", one(someStats()));
  url = `http://edge-${++serial}/ws/quality`;
});

function realtime(options: RealtimeQualityOptions = {}) {
  return renderHook((given: RealtimeQualityOptions) => useRealtimeQuality({ url, ...given }), {
    initialProps: options,
  });
}

describe("connecting", () => {
  it("returns exactly what is promised", () => {
    const { result } = realtime();
    expect(Object.keys(result.current).sort()).toEqual(
      [
        "acknowledgeAlert",
        "alerts",
        "connect",
        "connected",
        "connecting",
        "disconnect",
        "error",
        "metrics",
        "refreshStats",
        "resolveAlert",
        "stats",
        "subscribe",
        "unsubscribe",
      ].sort(),
    );
  });

  it("connects, says what it wants, and tells how it stands", async () => {
    const { result } = realtime();
    expect(result.current).toMatchObject({ connected: false, connecting: true, error: null });
    expect(FakeSocket.latest.url).toBe(url.replace("http", "ws"));
    FakeSocket.latest.accept();
    expect(result.current).toMatchObject({ connected: true, connecting: false, error: null });
    expect(FakeSocket.latest.said("subscribe")).toEqual([
      { all: true, kinds: ["changes"] },
      { all: true, kinds: ["alerts"] },
    ]);
    expect(FakeSocket.latest.said("get_alerts")).toHaveLength(1);
    await frame();
    expect(result.current.stats?.totalAssets).toBe(10);
  });

  it("waits to be asked where autoConnect is off", async () => {
    const { result } = realtime({ autoConnect: false });
    expect(FakeSocket.made).toHaveLength(0);
    act(() => result.current.connect());
    FakeSocket.latest.accept();
    expect(result.current.connected).toBe(true);
    act(() => result.current.disconnect());
    expect(result.current.connected).toBe(false);
    act(() => vi.advanceTimersByTime(2_000));
    expect(FakeSocket.latest.readyState).toBe(FakeSocket.CLOSED);
  });

  it("shares one socket among all who use it, and closes it after the last", () => {
    const first = realtime();
    const second = realtime({ subscriptions: ["warehouse.*"] });
    FakeSocket.latest.accept();
    expect(FakeSocket.made).toHaveLength(1);
    expect(second.result.current.connected).toBe(true);
    first.unmount();
    act(() => vi.advanceTimersByTime(5_000));
    expect(FakeSocket.latest.readyState).toBe(FakeSocket.OPEN);
    second.unmount();
    act(() => vi.advanceTimersByTime(5_000));
    expect(FakeSocket.latest.readyState).toBe(FakeSocket.CLOSED);
  });

  it("does not reconnect or resubscribe when the same assets are named by a new array", () => {
    const { rerender } = realtime({ subscriptions: ["a", "b"] });
    FakeSocket.latest.accept();
    const said = FakeSocket.latest.sent.length;
    for (let count = 0; count < 20; count++) rerender({ subscriptions: ["b", "a"] });
    expect(FakeSocket.made).toHaveLength(1);
    expect(FakeSocket.latest.sent).toHaveLength(said);
  });

  it("outlives StrictMode's second mounting on one socket", () => {
    renderHook(() => useRealtimeQuality({ url }), { wrapper: StrictMode });
    act(() => vi.advanceTimersByTime(2_000));
    expect(FakeSocket.made.filter((made) => made.url === url.replace("http", "ws"))).toHaveLength(
      1,
    );
  });

  it("signs in by a message, never by the address", () => {
    realtime({ token: "secret" });
    FakeSocket.latest.accept({ authenticationRequired: true });
    expect(FakeSocket.latest.url).not.toContain("secret");
    expect(FakeSocket.latest.sent).toEqual([
      { type: "authenticate", payload: { token: "secret" } },
    ]);
    FakeSocket.latest.say("authenticated", { actor: "anna" });
    expect(FakeSocket.latest.said("subscribe")).not.toHaveLength(0);
  });

  it("says so where a token is asked for and there is none", () => {
    const { result } = realtime();
    FakeSocket.latest.accept({ authenticationRequired: true });
    expect(result.current.connected).toBe(false);
    expect(result.current.error?.message).toMatch(/token/);
  });
});

describe("following", () => {
  it("subscribes to some assets and tells only of those", async () => {
    const { result } = realtime({ subscriptions: ["warehouse.sales.orders", "crm.*"] });
    FakeSocket.latest.accept();
    expect(FakeSocket.latest.said("subscribe")[0]).toEqual({
      assetIds: ["warehouse.sales.orders", "crm.*"].sort(),
      kinds: ["changes"],
    });
    FakeSocket.latest.say("metric_change", aChange());
    FakeSocket.latest.say("metric_change", aChange({ assetId: "crm.leads" }));
    FakeSocket.latest.say("metric_change", aChange({ assetId: "other" }));
    await frame();
    expect(result.current.metrics.map(({ assetId }) => assetId)).toEqual([
      "crm.leads",
      "warehouse.sales.orders",
    ]);
  });

  it("follows and leaves assets as it is asked to, by functions that never change", async () => {
    const { result } = realtime({ subscriptions: [] });
    FakeSocket.latest.accept();
    expect(FakeSocket.latest.said("subscribe")).toHaveLength(0);
    const { subscribe, unsubscribe } = result.current;
    act(() => subscribe("a"));
    act(() => subscribe(["b"]));
    act(() => unsubscribe("a"));
    expect(FakeSocket.latest.said("subscribe").map(({ assetIds }) => assetIds)).toEqual([
      ["a"],
      ["a"],
      ["b"],
      ["b"],
    ]);
    expect(FakeSocket.latest.said("unsubscribe").map(({ assetIds }) => assetIds)).toEqual([
      ["a"],
      ["a"],
    ]);
    expect(result.current.subscribe).toBe(subscribe);
    FakeSocket.latest.say("metric_change", aChange({ assetId: "b" }));
    FakeSocket.latest.say("metric_change", aChange({ assetId: "a" }));
    await frame();
    expect(result.current.metrics.map(({ assetId }) => assetId)).toEqual(["b"]);
  });

  it("keeps the last 100 changes, newest first, and loses none of a burst", async () => {
    const { result } = realtime();
    FakeSocket.latest.accept();
    for (let value = 1; value <= 250; value++) {
      FakeSocket.latest.say("metric_change", aChange({ currentValue: value }));
    }
    await frame();
    expect(result.current.metrics).toHaveLength(100);
    expect(result.current.metrics[0]?.currentValue).toBe(250);
    expect(result.current.metrics[99]?.currentValue).toBe(151);
  });

  it("renders a burst once", async () => {
    let renders = 0;
    renderHook(() => {
      renders++;
      return useRealtimeQuality({ url });
    });
    FakeSocket.latest.accept();
    await frame();
    const before = renders;
    for (let count = 0; count < 100; count++) FakeSocket.latest.say("metric_change", aChange());
    await frame();
    expect(renders - before).toBeLessThanOrEqual(2);
  });

  it("passes over what is no message", async () => {
    const { result } = realtime();
    FakeSocket.latest.accept();
    for (const data of ["", "{", "null", "[]", '{"type":1}', '{"type":"alert"}', '"text"']) {
      act(() => FakeSocket.latest.onmessage?.({ data }));
    }
    FakeSocket.latest.say("metric_change", aChange());
    await frame();
    expect(result.current.metrics).toHaveLength(1);
  });
});

describe("coming back", () => {
  async function lostAfter(position: string) {
    const hook = realtime({ subscriptions: ["a", "b"] });
    FakeSocket.latest.accept();
    FakeSocket.latest.say("subscribed", { subscriptions: [] }, "p0");
    FakeSocket.latest.say("alerts", { alerts: [] }, "p0");
    FakeSocket.latest.say("metric_change", aChange({ assetId: "a" }), position);
    await frame();
    FakeSocket.latest.lose(1006);
    expect(hook.result.current).toMatchObject({ connected: false, connecting: true });
    expect(hook.result.current.error).toBeInstanceOf(Error);
    untilDialled();
    return hook;
  }

  it("goes on from its position with the same subscriptions", async () => {
    const { result } = await lostAfter("p7");
    FakeSocket.latest.accept();
    expect(FakeSocket.latest.sent).toEqual([
      {
        type: "resume",
        requestId: "resume",
        payload: {
          position: "p7",
          subscriptions: [
            { assets: ["a", "b"], kinds: ["changes"] },
            { assets: ["a", "b"], kinds: ["alerts"] },
          ],
        },
      },
    ]);
    FakeSocket.latest.say("metric_change", aChange({ assetId: "b" }), "p8");
    FakeSocket.latest.say("resumed", { replayed: 1, subscriptions: [] }, "p9");
    await frame();
    expect(result.current).toMatchObject({ connected: true, error: null });
    expect(result.current.metrics.map(({ assetId }) => assetId)).toEqual(["b", "a"]);
  });

  it("goes on from within a resume that broke off", async () => {
    await lostAfter("p7");
    FakeSocket.latest.accept();
    FakeSocket.latest.say("metric_change", aChange({ assetId: "b" }), "p8");
    FakeSocket.latest.lose(1013);
    untilDialled();
    FakeSocket.latest.accept();
    expect(FakeSocket.latest.said("resume")[0]).toMatchObject({ position: "p8" });
  });

  it("starts afresh from a snapshot where the position is too old", async () => {
    const hook = realtime();
    FakeSocket.latest.accept();
    const gone = anAlert();
    FakeSocket.latest.say("alert", gone, "p1");
    await frame();
    FakeSocket.latest.lose();
    untilDialled();
    FakeSocket.latest.accept();
    const there = anAlert();
    FakeSocket.latest.say("resume_failed", { reason: "too_old", message: "", subscriptions: [] });
    FakeSocket.latest.say("alerts", { alerts: [there], snapshot: true }, "q1");
    await frame();
    expect(hook.result.current.alerts.map(({ id }) => id)).toEqual([there.id]);
  });

  it("starts afresh where the edge will not have its position at all", async () => {
    await lostAfter("p7");
    FakeSocket.latest.accept();
    const refusal = { code: "invalid_field", message: "position: not one of ours" };
    FakeSocket.latest.say("error", refusal, undefined, "resume");
    expect(FakeSocket.latest.said("subscribe")).toHaveLength(2);
    expect(FakeSocket.latest.said("get_alerts")).toHaveLength(1);
  });

  it("asks for the open alerts again where they could not be had", async () => {
    realtime();
    FakeSocket.latest.accept();
    const refusal = { code: "unavailable", message: "PostgreSQL is not there" };
    FakeSocket.latest.say("error", refusal, undefined, "open-alerts");
    await act(() => vi.advanceTimersByTimeAsync(5_000));
    expect(FakeSocket.latest.said("get_alerts")).toHaveLength(2);
  });

  it("asks for the open alerts again where the link went before they came", async () => {
    realtime();
    FakeSocket.latest.accept();
    FakeSocket.latest.say("subscribed", { subscriptions: [] }, "p1");
    FakeSocket.latest.lose();
    untilDialled();
    FakeSocket.latest.accept();
    expect(FakeSocket.latest.sent.map(({ type }) => type)).toEqual(["resume", "get_alerts"]);
  });

  it("asks for the open alerts no more once the first of many have come", async () => {
    realtime();
    FakeSocket.latest.accept();
    FakeSocket.latest.say("alerts", { alerts: [anAlert()], nextCursor: "more" }, "p1");
    FakeSocket.latest.lose();
    untilDialled();
    FakeSocket.latest.accept();
    expect(FakeSocket.latest.sent.map(({ type }) => type)).toEqual(["resume"]);
  });

  it("tells what it could not subscribe to", async () => {
    const { result } = realtime();
    FakeSocket.latest.accept();
    FakeSocket.latest.say("error", {
      code: "too_many_subscriptions",
      message: "at most 200 globs",
    });
    await frame();
    expect(result.current.error?.message).toBe("at most 200 globs");
    FakeSocket.latest.say("subscribed", { subscriptions: [] });
    await frame();
    expect(result.current.error).toBeNull();
  });

  it("subscribes to what was asked for while it was away", async () => {
    const { result } = await lostAfter("p7");
    act(() => result.current.subscribe("c"));
    FakeSocket.latest.accept();
    expect(FakeSocket.latest.said("resume")[0]).toMatchObject({
      subscriptions: [{ assets: ["a", "b", "c"] }, { assets: ["a", "b", "c"] }],
    });
  });
});

describe("alerts", () => {
  it("keeps each alert once, as of its newest step, newest alert first", async () => {
    const { result } = realtime();
    FakeSocket.latest.accept();
    const old = anAlert({ timestamp: "2026-01-01T00:00:01Z" });
    const recent = anAlert({ timestamp: "2026-01-01T00:00:02Z" });
    FakeSocket.latest.say("alerts", { alerts: [old] });
    FakeSocket.latest.say("alert_status_changed", afterStep(old, { status: "resolved" }));
    FakeSocket.latest.say("alert", recent);
    FakeSocket.latest.say("alert", old);
    await frame();
    expect(result.current.alerts.map(({ id, status }) => [id, status])).toEqual([
      [recent.id, "active"],
      [old.id, "resolved"],
    ]);
  });

  it("shows an acknowledgement at once and keeps what the server made of it", async () => {
    const alert = anAlert();
    const answer = afterStep(alert, { status: "acknowledged", changedBy: "anna" });
    edge.on("POST", `/alerts/${alert.id}/acknowledge`, one(answer));
    const { result } = realtime();
    FakeSocket.latest.accept();
    FakeSocket.latest.say("alert", alert);
    await frame();
    let done: Promise<void> | undefined;
    act(() => {
      done = result.current.acknowledgeAlert(alert.id);
    });
    expect(result.current.alerts[0]?.status).toBe("acknowledged");
    await act(() => done);
    expect(result.current.alerts[0]).toMatchObject({ status: "acknowledged", changedBy: "anna" });
    const [asked] = edge.of("POST", `/alerts/${alert.id}/acknowledge`);
    expect(asked?.headers.get("idempotency-key")).toMatch(/^[0-9a-f]{32}$/);
  });

  it("takes it back where the server refuses, and says why", async () => {
    const alert = anAlert();
    edge.on("POST", `/alerts/${alert.id}/acknowledge`, () => [409, { detail: "already resolved" }]);
    const { result } = realtime();
    FakeSocket.latest.accept();
    FakeSocket.latest.say("alert", alert);
    await frame();
    await act(async () => {
      await expect(result.current.acknowledgeAlert(alert.id)).rejects.toThrow("already resolved");
    });
    expect(result.current.alerts[0]?.status).toBe("active");
  });

  it("keeps a step that arrives live while a refused one is taken back", async () => {
    const alert = anAlert();
    edge.on("POST", `/alerts/${alert.id}/acknowledge`, () => [409, { detail: "no" }]);
    const { result } = realtime();
    FakeSocket.latest.accept();
    FakeSocket.latest.say("alert", alert);
    await frame();
    await act(async () => {
      const refused = result.current.acknowledgeAlert(alert.id);
      FakeSocket.latest.say("alert_status_changed", afterStep(alert, { status: "resolved" }));
      await refused.catch(() => undefined);
    });
    await frame();
    expect(result.current.alerts[0]?.status).toBe("resolved");
  });

  it("resolves with words, always", async () => {
    const alert = anAlert();
    edge.on("POST", `/alerts/${alert.id}/resolve`, one(afterStep(alert, { status: "resolved" })));
    const { result } = realtime();
    FakeSocket.latest.accept();
    FakeSocket.latest.say("alert", alert);
    await frame();
    await act(() => result.current.resolveAlert(alert.id, "reloaded"));
    await act(() => result.current.resolveAlert(alert.id));
    const bodies = edge.of("POST", `/alerts/${alert.id}/resolve`).map(({ body }) => body);
    expect(bodies).toEqual([{ resolution: "reloaded" }, { resolution: "Resolved" }]);
  });
});

describe("statistics", () => {
  it("are fetched anew soon after changes, not for each", async () => {
    realtime();
    FakeSocket.latest.accept();
    await act(() => vi.advanceTimersByTimeAsync(2_000));
    const before = edge.of("GET", "/stats").length;
    for (let count = 0; count < 30; count++) {
      FakeSocket.latest.say("metric_change", aChange());
      await act(() => vi.advanceTimersByTimeAsync(100));
    }
    await act(() => vi.advanceTimersByTimeAsync(1_500));
    const asked = edge.of("GET", "/stats").length - before;
    expect(asked).toBeGreaterThanOrEqual(1);
    expect(asked).toBeLessThanOrEqual(2);
  });

  it("move the mean between two fetches by what changed", async () => {
    const session = new LiveSession({ url });
    session.overall.load(someStats({ avgQualityScore: 90, totalAssets: 10 }));
    session.overall.apply([aChange({ change: -20 }), aChange({ metricType: "issues", change: 5 })]);
    expect(session.overall.score.get()).toBe(88);
  });

  it("can be asked for, and fail out loud", async () => {
    const { result } = realtime();
    edge.on("GET", "/stats", () => [503, { detail: "starting" }]);
    await expect(result.current.refreshStats()).rejects.toThrow("starting");
    edge.on("GET", "/stats", one(someStats({ totalAssets: 77 })));
    await act(() => result.current.refreshStats());
    expect(result.current.stats?.totalAssets).toBe(77);
  });
});

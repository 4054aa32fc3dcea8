import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { firstEventCommand } from "../../src/app/firstEvent";
import { restAddress, socketAddress } from "../../src/live/address";
import { chooseNotifications, notify } from "../../src/live/notifications";
import { type Problem, queryString, request } from "../../src/rest/client";
import { FakeEdge } from "../support/fakeEdge";
import { anAlert } from "../support/samples";

describe("addresses", () => {
  it.each([
    ["https://q.example.com/ws/quality", "wss://q.example.com/ws/quality"],
    ["ws://host:3002/ws/quality", "ws://host:3002/ws/quality"],
    ["/ws/quality", "ws://localhost:3000/ws/quality"],
    [undefined, "ws://localhost:3000/ws/quality"],
  ])("socket of %j is %j", (url, address) => expect(socketAddress(url)).toBe(address));

  it.each([
    ["wss://q.example.com/ws/quality", "https://q.example.com/api/quality/realtime"],
    ["ws://host/tidemark/ws/quality?x=1", "http://host/tidemark/api/quality/realtime"],
  ])("REST of %j is at %j", (socket, address) => expect(restAddress(socket)).toBe(address));

  it("shows a first event that can be sent as it stands", () => {
    const command = firstEventCommand("http://h/api/quality/realtime", new Date(0));
    expect(command).toContain("curl -X POST http://h/api/quality/realtime/events");
    expect(JSON.parse(/-d '(.*)'/.exec(command)?.[1] ?? "")).toEqual({
      assetId: "warehouse.sales.orders",
      metricType: "score",
      value: 97.5,
      timestamp: "1970-01-01T00:00:00Z",
    });
  });
});

describe("requests", () => {
  it("leave empty parameters out and join lists", () => {
    expect(queryString({ a: ["x", "y"], b: "", c: null, d: 0, e: [], f: "a b" })).toBe(
      "?a=x%2Cy&d=0&f=a+b",
    );
    expect(queryString({})).toBe("");
  });

  it("carry the token in a header", async () => {
    const edge = new FakeEdge().on("GET", "/me", {});
    await request({ base: "http://e/api/quality/realtime", token: "t" }, "GET", "/me");
    expect(edge.asked[0]?.headers.get("authorization")).toBe("Bearer t");
  });

  it("fail with the server's own words, or with what is known", async () => {
    const edge = new FakeEdge()
      .on("GET", "/a", () => [409, { title: "Conflict", detail: "already resolved" }])
      .on("GET", "/b", () => [500, "oops" as unknown as object]);
    const endpoint = { base: "http://e/api/quality/realtime" };
    await expect(request(endpoint, "GET", "/a")).rejects.toMatchObject({
      status: 409,
      message: "already resolved",
    } satisfies Partial<Problem>);
    await expect(request(endpoint, "GET", "/b")).rejects.toThrow("The server answered 500");
    expect(edge.asked).toHaveLength(2);
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("fetch failed")));
    await expect(request(endpoint, "GET", "/a")).rejects.toThrow("cannot be reached");
  });
});

describe("notifications", () => {
  const alert = anAlert({ severity: "high", assetName: "orders", message: "fell by 12 points" });
  let shown: { title: string; body: string; onclick?: () => void }[];
  const permission = vi.fn(() => "granted");

  beforeEach(() => {
    shown = [];
    permission.mockReturnValue("granted").mockClear();
    class FakeNotification {
      static get permission() {
        return permission();
      }
      close = () => undefined;
      constructor(title: string, { body }: { body: string }) {
        shown.push(Object.assign(this, { title, body }));
      }
    }
    vi.stubGlobal("Notification", FakeNotification);
    chooseNotifications({ enabled: true, severity: "high" });
    lookAway(true);
  });

  afterEach(() => lookAway(false));

  function lookAway(hidden: boolean) {
    Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
  }

  it("tell those who look elsewhere, and lead to the alert", () => {
    const open = vi.fn();
    vi.spyOn(window, "focus").mockReturnValue();
    notify(alert, open);
    expect(shown).toMatchObject([{ title: "High: orders", body: "fell by 12 points" }]);
    shown[0]?.onclick?.();
    expect(open).toHaveBeenCalledWith(alert);
  });

  it("are not shown to those who look, nor for what was not asked for", () => {
    notify({ ...alert, status: "resolved" }, vi.fn());
    notify({ ...alert, severity: "medium" }, vi.fn());
    chooseNotifications({ enabled: false, severity: "high" });
    notify(alert, vi.fn());
    chooseNotifications({ enabled: true, severity: "high" });
    lookAway(false);
    notify(alert, vi.fn());
    expect(shown).toEqual([]);
    // The browser takes its time to say: it is not asked in vain.
    expect(permission).not.toHaveBeenCalled();
  });

  it("are not shown where the browser does not permit them", () => {
    permission.mockReturnValue("denied");
    notify(alert, vi.fn());
    expect(shown).toEqual([]);
  });
});

import { describe, expect, it, vi } from "vitest";
import { firstEventCommand } from "../../src/app/firstEvent";
import { restAddress, socketAddress } from "../../src/live/address";
import { shouldNotify } from "../../src/live/notifications";
import { type Problem, queryString, request } from "../../src/rest/client";
import { FakeEdge } from "../support/fakeEdge";

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

describe("browser notifications", () => {
  const alert = { severity: "high", status: "active" } as const;
  const choice = { enabled: true, severity: "high" } as const;

  it("are shown for what was asked for, to those who look elsewhere", () => {
    expect(shouldNotify(alert, choice, "granted", true)).toBe(true);
    expect(shouldNotify(alert, choice, "granted", false)).toBe(false);
    expect(shouldNotify(alert, choice, "default", true)).toBe(false);
    expect(shouldNotify(alert, { ...choice, enabled: false }, "granted", true)).toBe(false);
    expect(shouldNotify(alert, { ...choice, severity: "critical" }, "granted", true)).toBe(false);
    expect(shouldNotify({ ...alert, status: "resolved" }, choice, "granted", true)).toBe(false);
  });
});

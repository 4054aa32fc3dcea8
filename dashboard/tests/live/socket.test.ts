import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HANDSHAKE_TIMEOUT, LiveSocket, PING_INTERVAL, PONG_TIMEOUT } from "../../src/live/socket";
import { FakeSocket, untilDialled } from "../support/fakeSocket";

let socket: LiveSocket;

function connected(): LiveSocket {
  socket = new LiveSocket({
    url: "ws://edge/ws",
    reconnectInterval: 500,
    onMessage: vi.fn(),
  });
  socket.open();
  FakeSocket.latest.accept();
  return socket;
}

function hide(hidden: boolean): void {
  Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}

describe("LiveSocket", () => {
  afterEach(() => socket.close());

  beforeEach(() => {
    vi.useFakeTimers();
    FakeSocket.install();
    hide(false);
  });

  it.each([1001, 1006, 1008, 1012, 1013])("comes back in under 5 s after close %i", (code) => {
    connected();
    FakeSocket.latest.lose(code);
    expect(socket.state.get()).toMatchObject({ phase: "waiting", error: expect.any(String) });
    expect(untilDialled()).toBeLessThan(5_000);
    FakeSocket.latest.accept();
    expect(socket.state.get()).toEqual({ phase: "open", error: null, attempt: 0 });
  });

  it("tries again and again, never waiting 5 s", () => {
    connected();
    for (let attempt = 0; attempt < 12; attempt++) {
      FakeSocket.latest.lose();
      expect(untilDialled()).toBeLessThan(5_000);
    }
    expect(socket.state.get().attempt).toBeGreaterThan(10);
  });

  it.each([4401, 4403])("does not come back by itself after close %i", (code) => {
    connected();
    FakeSocket.latest.lose(code, "token expired");
    vi.advanceTimersByTime(60_000);
    expect(FakeSocket.made).toHaveLength(1);
    expect(socket.state.get()).toMatchObject({ phase: "idle", error: "token expired" });
    socket.reconnect();
    expect(FakeSocket.made).toHaveLength(2);
  });

  it("gives a handshake up that is not answered", () => {
    socket = new LiveSocket({ url: "ws://e", reconnectInterval: 500, onMessage: vi.fn() });
    socket.open();
    vi.advanceTimersByTime(HANDSHAKE_TIMEOUT);
    expect(socket.state.get()).toMatchObject({ phase: "waiting" });
    expect(FakeSocket.made[0]?.readyState).toBe(FakeSocket.CLOSED);
  });

  it("pings every 30 s, and takes any message for an answer", () => {
    connected();
    const wire = FakeSocket.latest;
    vi.advanceTimersByTime(PING_INTERVAL);
    expect(wire.said("ping")).toHaveLength(1);
    wire.say("metric_change", {});
    vi.advanceTimersByTime(PING_INTERVAL);
    expect(wire.said("ping")).toHaveLength(2);
    expect(FakeSocket.made).toHaveLength(1);
  });

  it("finds a dead link by its silence after a ping", () => {
    connected();
    vi.advanceTimersByTime(PING_INTERVAL + PONG_TIMEOUT);
    expect(socket.state.get()).toMatchObject({
      phase: "waiting",
      error: "The server has gone silent",
    });
    vi.advanceTimersByTime(500);
    expect(FakeSocket.made).toHaveLength(2);
  });

  it("does not ping in a hidden tab, and does at once when it is shown", () => {
    connected();
    const wire = FakeSocket.latest;
    hide(true);
    vi.advanceTimersByTime(10 * PING_INTERVAL);
    expect(wire.said("ping")).toHaveLength(0);
    expect(socket.state.get().phase).toBe("open");
    hide(false);
    expect(wire.said("ping")).toHaveLength(1);
  });

  it("dials at once when the network is back", () => {
    connected();
    for (let lost = 0; lost < 6; lost++) {
      FakeSocket.latest.lose();
      untilDialled();
    }
    FakeSocket.latest.lose();
    const made = FakeSocket.made.length;
    window.dispatchEvent(new Event("online"));
    expect(FakeSocket.made).toHaveLength(made + 1);
  });

  it("stays away as long as a stopping server asked, but not longer than its cap", () => {
    connected();
    socket.comeBackAfter(2_000);
    FakeSocket.latest.lose(1012);
    vi.advanceTimersByTime(1_999);
    expect(FakeSocket.made).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(FakeSocket.made).toHaveLength(2);
    FakeSocket.latest.accept();
    socket.comeBackAfter(600_000);
    FakeSocket.latest.lose(1012);
    expect(untilDialled()).toBeLessThan(5_000);
  });

  it("sends nothing and dials nothing once closed", () => {
    connected();
    socket.close();
    expect(socket.send({ type: "ping" })).toBe(false);
    vi.advanceTimersByTime(120_000);
    expect(FakeSocket.made).toHaveLength(1);
    expect(socket.state.get().phase).toBe("idle");
  });
});

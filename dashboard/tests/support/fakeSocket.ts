import { act } from "@testing-library/react";
import { vi } from "vitest";
import type { ServerMessage } from "../../src/wire";

/** Stands in for the browser's WebSocket: tests open it, speak on it and close it. */
export class FakeSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  static made: FakeSocket[] = [];

  readonly url: string;
  readonly sent: { type: string; payload: Record<string, unknown> }[] = [];
  readyState = FakeSocket.CONNECTING;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;

  constructor(url: string) {
    this.url = url;
    FakeSocket.made.push(this);
  }

  static install(): void {
    FakeSocket.made = [];
    vi.stubGlobal("WebSocket", FakeSocket);
  }

  static get latest(): FakeSocket {
    const socket = FakeSocket.made.at(-1);
    if (!socket) throw new Error("No socket was made");
    return socket;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(code = 1000): void {
    this.readyState = FakeSocket.CLOSED;
    this.onclose?.({ code, reason: "" });
  }

  /** The server accepts. */
  accept(payload: object = {}): void {
    act(() => {
      this.readyState = FakeSocket.OPEN;
      this.onopen?.();
    });
    const greeting = {
      clientId: "c",
      protocolVersion: 1,
      heartbeatInterval: 20,
      authenticationRequired: false,
      authenticationTimeout: 5,
      edgeId: "e",
      ...payload,
    };
    this.say("connected", greeting, "where-the-edge-is");
  }

  /** The server says something. */
  say(type: ServerMessage["type"], payload: object, position?: string, requestId?: string): void {
    const message = { type, payload, timestamp: "2026-01-01T00:00:00Z", position, requestId };
    act(() => this.onmessage?.({ data: JSON.stringify(message) }));
  }

  /** The link breaks. */
  lose(code = 1006, reason = ""): void {
    act(() => {
      this.readyState = FakeSocket.CLOSED;
      this.onclose?.({ code, reason });
    });
  }

  said(type: string) {
    return this.sent.filter((message) => message.type === type).map(({ payload }) => payload);
  }
}

/** Let time pass until another socket is dialled; returns how long that took, ms. */
export function untilDialled(): number {
  const before = FakeSocket.made.length;
  let waited = 0;
  while (FakeSocket.made.length === before) {
    if (waited > 60_000) throw new Error("Nothing was dialled within a minute");
    act(() => vi.advanceTimersByTime(10));
    waited += 10;
  }
  return waited;
}

/** Let a frame pass, so that what arrived is shown. */
export async function frame(): Promise<void> {
  await act(async () => {
    await vi.advanceTimersByTimeAsync(20);
  });
}

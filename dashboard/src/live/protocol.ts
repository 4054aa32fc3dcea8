/** What is said on the socket. */
import type { GetAlerts, Kind, Selection, ServerMessage, Subscription } from "../wire";
import { ALL } from "./follower";

export interface ClientMessage {
  type: string;
  payload: object;
  /** Comes back with the reply. */
  requestId?: string;
}

/** Ids of requests whose refusal matters. */
export const OPEN_ALERTS = "open-alerts";
export const RESUME = "resume";

export const PING: ClientMessage = { type: "ping", payload: {} };

/** One message of the server, or null where it is none. */
export function parse(data: string): ServerMessage | null {
  try {
    const message: unknown = JSON.parse(data);
    return isMessage(message) ? message : null;
  } catch {
    return null;
  }
}

function isMessage(message: unknown): message is ServerMessage {
  if (typeof message !== "object" || message === null) return false;
  const { type, payload } = message as Record<string, unknown>;
  return typeof type === "string" && typeof payload === "object" && payload !== null;
}

export function authenticate(token: string): ClientMessage {
  return { type: "authenticate", payload: { token } };
}

export function openAlerts(limit: number): ClientMessage {
  const payload: GetAlerts = { status: ["active", "acknowledged"], limit };
  return { type: "get_alerts", payload, requestId: OPEN_ALERTS };
}

/** Patterns followed, by what is heard of them. */
export type Wanted = Readonly<Record<Kind, ReadonlySet<string>>>;

export const NOTHING: Wanted = { changes: new Set(), alerts: new Set() };
const KINDS: readonly Kind[] = ["changes", "alerts"];

/** What to say to come from one set of subscriptions to another; what goes, goes first. */
export function moves(from: Wanted, to: Wanted): ClientMessage[] {
  const messages: ClientMessage[] = [];
  for (const kind of KINDS) {
    const gone = [...from[kind]].filter((pattern) => !to[kind].has(pattern));
    const added = [...to[kind]].filter((pattern) => !from[kind].has(pattern));
    if (gone.length) messages.push({ type: "unsubscribe", payload: selection(gone, kind) });
    if (added.length) messages.push({ type: "subscribe", payload: selection(added, kind) });
  }
  return messages;
}

export function resume(position: string, wanted: Wanted): ClientMessage {
  const subscriptions: Subscription[] = KINDS.filter((kind) => wanted[kind].size > 0).map(
    (kind) => ({ assets: [...wanted[kind]], kinds: [kind] }),
  );
  return { type: "resume", payload: { position, subscriptions }, requestId: RESUME };
}

function selection(patterns: readonly string[], kind: Kind): Selection {
  return patterns.includes(ALL)
    ? { all: true, kinds: [kind] }
    : { assetIds: [...patterns], kinds: [kind] };
}

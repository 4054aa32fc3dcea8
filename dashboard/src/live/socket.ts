import { backoff, LONGEST_WAIT } from "./backoff";
import { PING } from "./protocol";
import { Signal } from "./signal";

export type Phase = "idle" | "connecting" | "open" | "waiting";

export interface LinkState {
  phase: Phase;
  /** Why the link is down, in words; null while it is up or was never asked for. */
  error: string | null;
  /** Attempts made since the link was last up. */
  attempt: number;
  /** Code of the close that ended it for good. */
  closed?: number;
}

/** The server wants a token, or another one. */
export const NOT_AUTHENTICATED = 4401;

export interface SocketOptions {
  url: string;
  /** First wait before reconnecting, ms. */
  reconnectInterval: number;
  onMessage: (data: string) => void;
}

/** Between pings, ms. */
export const PING_INTERVAL = 30_000;
/** Silence after a ping that means a dead link, ms. */
export const PONG_TIMEOUT = 10_000;
/** A handshake that takes longer is given up, ms. */
export const HANDSHAKE_TIMEOUT = 4_000;
/** A link that lived this long, ms, starts the backoff afresh when it goes. */
export const STABLE_AFTER = 5_000;

const IDLE: LinkState = { phase: "idle", error: null, attempt: 0 };
/** Closes that coming back does not mend: not authenticated, not allowed. */
const FINAL_CLOSES = new Set([NOT_AUTHENTICATED, 4403]);

/**
 * One WebSocket that is kept up: reconnects with backoff, pings, finds dead links.
 *
 * It knows nothing of the messages but that a ping is answered. A close by
 * 1006 or 1013 (the server freed itself of a slow reader) is a loss like any other.
 */
export class LiveSocket {
  readonly state = new Signal<LinkState>(IDLE);
  /** When anything was last received, ms since the epoch. */
  lastHeard: number | null = null;

  readonly #options: SocketOptions;
  #socket: WebSocket | null = null;
  #wanted = false;
  #openedAt = 0;
  #notBefore = 0;
  #timers = new Set<ReturnType<typeof setTimeout>>();
  #deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SocketOptions) {
    this.#options = options;
  }

  open(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    document.addEventListener("visibilitychange", this.#onVisibility);
    window.addEventListener("online", this.#onOnline);
    window.addEventListener("offline", this.#onOffline);
    this.#dial(0);
  }

  close(): void {
    this.#drop();
    this.#stop();
    this.state.set(IDLE);
  }

  /** Send now; false where the link is down and nothing was sent. */
  send(message: object): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Give up this link (if any) and dial again at once. */
  reconnect(): void {
    if (this.#wanted) {
      this.#drop();
      this.#dial(0);
    } else {
      this.open();
    }
  }

  /** The server has said when it will be back: do not call before, ms from now. */
  comeBackAfter(delay: number): void {
    this.#notBefore = Date.now() + Math.min(delay, LONGEST_WAIT);
  }

  /** Stay away until asked to reconnect: coming back would not mend `error`. */
  refuse(error: string, closed: number): void {
    this.#drop();
    this.#stop();
    this.state.set({ phase: "idle", error, attempt: 0, closed });
  }

  #dial(attempt: number): void {
    this.state.set({ phase: "connecting", error: this.state.get().error, attempt });
    this.#later(HANDSHAKE_TIMEOUT, () => this.#lost("The server did not answer", attempt));
    this.#attach(new WebSocket(this.#options.url), attempt);
  }

  #attach(socket: WebSocket, attempt: number): void {
    this.#socket = socket;
    this.#openedAt = 0;
    const current = () => socket === this.#socket;
    socket.onopen = () => {
      if (!current()) return;
      this.#clearTimers();
      this.#openedAt = Date.now();
      this.lastHeard = this.#openedAt;
      this.state.set({ phase: "open", error: null, attempt: 0 });
      this.#schedulePing();
    };
    socket.onmessage = (event: MessageEvent) => {
      if (!current() || typeof event.data !== "string") return;
      this.lastHeard = Date.now();
      clearTimeout(this.#deadline);
      this.#options.onMessage(event.data);
    };
    socket.onclose = (event) => {
      if (!current()) return;
      const lasted = Date.now() - this.#openedAt > STABLE_AFTER;
      const reason = closeReason(event);
      // A dial that failed says less than the loss before it.
      const why = this.#openedAt ? reason : (this.state.get().error ?? reason);
      if (FINAL_CLOSES.has(event.code)) this.refuse(reason, event.code);
      else this.#lost(why, this.#openedAt && lasted ? 0 : attempt);
    };
  }

  /** The link is gone: wait, then dial. `attempt` counts those that failed before. */
  #lost(error: string, attempt: number): void {
    this.#drop();
    this.state.set({ phase: "waiting", error, attempt });
    const wait = backoff(attempt, this.#options.reconnectInterval);
    this.#later(Math.max(wait, this.#notBefore - Date.now()), () => this.#dial(attempt + 1));
  }

  #stop(): void {
    this.#wanted = false;
    document.removeEventListener("visibilitychange", this.#onVisibility);
    window.removeEventListener("online", this.#onOnline);
    window.removeEventListener("offline", this.#onOffline);
  }

  #drop(): void {
    this.#clearTimers();
    const socket = this.#socket;
    this.#socket = null;
    if (socket && socket.readyState <= WebSocket.OPEN) socket.close(1000);
  }

  #schedulePing(): void {
    this.#later(PING_INTERVAL, () => {
      // A hidden tab's timers are throttled; a late pong would look like a dead link.
      if (!document.hidden) this.#probe();
      this.#schedulePing();
    });
  }

  /** Ping; whatever arrives first shows that the link lives. */
  #probe(): void {
    clearTimeout(this.#deadline);
    this.send(PING);
    this.#deadline = setTimeout(() => this.#lost("The server has gone silent", 0), PONG_TIMEOUT);
  }

  readonly #onVisibility = (): void => {
    if (document.hidden) {
      clearTimeout(this.#deadline);
    } else if (this.state.get().phase === "open") {
      this.#probe();
    } else if (this.state.get().phase === "waiting") {
      this.reconnect();
    }
  };

  readonly #onOnline = (): void => {
    if (this.state.get().phase !== "open") this.reconnect();
    else this.#probe();
  };

  readonly #onOffline = (): void => {
    if (this.state.get().phase === "open") this.#probe();
  };

  #later(delay: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, delay);
    this.#timers.add(timer);
  }

  #clearTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    clearTimeout(this.#deadline);
  }
}

function closeReason(event: CloseEvent): string {
  if (event.reason) return event.reason;
  const known: Record<number, string> = {
    1001: "The server is shutting down",
    1008: "The server was asked too much",
    1012: "The server is restarting",
    1013: "The server asked to come back",
    4401: "Sign in to connect",
    4403: "Not allowed to connect",
  };
  return known[event.code] ?? "The connection was lost";
}

import type { Endpoint } from "../rest/client";
import type { Alert, MetricChange, Notification, ServerMessage } from "../wire";
import { restAddress, socketAddress } from "./address";
import { AlertBook } from "./alertBook";
import { AssetBook } from "./assetBook";
import { type Follower, union } from "./follower";
import { Frame } from "./frame";
import { Overall } from "./overall";
import * as protocol from "./protocol";
import { Signal } from "./signal";
import { LiveSocket, NOT_AUTHENTICATED } from "./socket";
import { StatsFeed } from "./statsFeed";

export interface SessionOptions {
  url?: string;
  token?: string;
  reconnectInterval?: number;
}

type AlertListener = (alert: Alert) => void;
type NotificationListener = (notification: Notification) => void;

/** The socket outlives its last user by this long, ms: pages come and go. */
const LINGER = 1_000;
/** Open alerts fetched on a first connection. */
const FIRST_ALERTS = 1_000;
/** Between two tries to get them, ms. */
const RETRY_AFTER = 5_000;

/**
 * One edge as this page sees it: a socket, and what came over it, shared by all widgets.
 *
 * What arrives is kept and applied once per animation frame, so that a burst costs one
 * rendering and nothing is dropped. The newest position is remembered: after a loss the
 * edge is asked for exactly what came since.
 */
export class LiveSession {
  readonly endpoint: Endpoint;
  readonly alerts = new AlertBook();
  readonly assets = new AssetBook();
  readonly overall = new Overall();
  /** Whether `alerts` holds every active and acknowledged alert there is. */
  readonly alertsComplete = new Signal(false);
  /** Counts up when what was fetched before may lack what came before a subscription. */
  readonly epoch = new Signal(0);

  /** The edge will not speak without a token, or with the one it was given. */
  readonly tokenWanted = new Signal(false);
  /** What the edge refused last, where that leaves something unheard; null: nothing. */
  readonly fault = new Signal<string | null>(null);

  readonly #token: string | undefined;
  readonly #socket: LiveSocket;
  readonly #stats: StatsFeed;
  readonly #followers = new Set<Follower>();
  readonly #alertListeners = new Set<AlertListener>();
  readonly #notificationListeners = new Set<NotificationListener>();
  readonly #frame = new Frame(() => this.#apply());
  #pending: ServerMessage[] = [];
  #greeted = false;
  /** The open alerts were asked for and have not come yet. */
  #alertsOwed = false;
  #subscribed = protocol.NOTHING;
  #position: string | null = null;
  #holds = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #lingering: ReturnType<typeof setTimeout> | undefined;

  constructor({ url, token, reconnectInterval = 1_000 }: SessionOptions) {
    const address = socketAddress(url);
    this.#token = token;
    this.endpoint = { base: restAddress(address), token };
    this.#stats = new StatsFeed(this.endpoint, this.overall);
    this.#socket = new LiveSocket({
      url: address,
      reconnectInterval,
      onMessage: (data) => this.#receive(data),
    });
    this.link.subscribe(() => {
      const { phase, closed } = this.link.get();
      if (phase !== "open") this.#greeted = false;
      this.tokenWanted.set(closed === NOT_AUTHENTICATED);
    });
  }

  get link() {
    return this.#socket.state;
  }

  get lastHeard(): number | null {
    return this.#socket.lastHeard;
  }

  /** Keep the socket up until the returned function is called. */
  hold(): () => void {
    this.#holds++;
    clearTimeout(this.#lingering);
    this.#socket.open();
    this.#stats.start();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      if (--this.#holds === 0) this.#lingering = setTimeout(() => this.#rest(), LINGER);
    };
  }

  #rest(): void {
    this.#socket.close();
    this.#stats.stop();
  }

  readonly reconnect = (): void => this.#socket.reconnect();

  /** Hear of the follower's assets until the returned function is called. */
  follow(follower: Follower): () => void {
    this.#followers.add(follower);
    const stop = follower.patterns.subscribe(() => this.#resubscribe());
    this.#resubscribe();
    return () => {
      stop();
      this.#followers.delete(follower);
      this.#resubscribe();
    };
  }

  /** Hear of every new alert the moment it arrives, hidden tab or not. */
  onAlert(listener: AlertListener): () => void {
    this.#alertListeners.add(listener);
    return () => {
      this.#alertListeners.delete(listener);
    };
  }

  /** Hear of what the user's own subscriptions send to this dashboard. */
  onNotification(listener: NotificationListener): () => void {
    this.#notificationListeners.add(listener);
    return () => {
      this.#notificationListeners.delete(listener);
    };
  }

  readonly refreshStats = (): Promise<void> => this.#stats.refresh();

  #receive(data: string): void {
    const message = protocol.parse(data);
    if (!message) return;
    // Until the edge is told where to go on, its own position says nothing of what was missed.
    if (this.#greeted) this.#position = message.position ?? this.#position;
    switch (message.type) {
      case "connected":
        if (message.payload.authenticationRequired) this.#signIn();
        else this.#greet();
        break;
      case "authenticated":
        this.#greet();
        break;
      case "server_shutdown":
        this.#socket.comeBackAfter(message.payload.reconnectAfter * 1000);
        break;
      case "alert":
        for (const listener of this.#alertListeners) listener(message.payload);
        break;
      case "alerts":
        this.#alertsOwed = false;
        break;
      case "notification":
        for (const listener of this.#notificationListeners) listener(message.payload);
        break;
      case "error":
        this.#refused(message.requestId, message.payload.message);
        break;
    }
    this.#pending.push(message);
    this.#frame.request();
  }

  #refused(requestId: string | null | undefined, reason: string): void {
    if (requestId === protocol.OPEN_ALERTS) {
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.#askOpenAlerts(), RETRY_AFTER);
    } else if (requestId === protocol.RESUME) {
      this.#startAfresh();
      this.#greet();
    } else {
      this.fault.set(reason);
    }
  }

  /** Steps taken meanwhile are unknown: nothing of what is held can be relied on. */
  #startAfresh(): void {
    this.#position = null;
    this.#pending = [];
    this.alerts.clear();
    this.epoch.set(this.epoch.get() + 1);
  }

  #askOpenAlerts(): void {
    if (!this.#greeted) return;
    this.#alertsOwed = true;
    this.#socket.send(protocol.openAlerts(FIRST_ALERTS));
  }

  #signIn(): void {
    if (this.#token) this.#socket.send(protocol.authenticate(this.#token));
    else this.#socket.refuse("This server asks for a token", NOT_AUTHENTICATED);
  }

  /** The edge listens: say what is wanted and, after a loss, where to go on. */
  #greet(): void {
    this.#greeted = true;
    if (this.#position === null) {
      this.#subscribed = protocol.NOTHING;
      this.#resubscribe();
      this.#askOpenAlerts();
    } else {
      this.#subscribed = this.#wanted();
      this.#socket.send(protocol.resume(this.#position, this.#subscribed));
      // The link may have gone between the subscription and the alerts asked for with it.
      if (this.#alertsOwed) this.#askOpenAlerts();
    }
    this.#stats.changed();
  }

  #wanted(): protocol.Wanted {
    return { changes: union(this.#followers, "changes"), alerts: union(this.#followers, "alerts") };
  }

  #resubscribe(): void {
    if (!this.#greeted) return;
    const wanted = this.#wanted();
    for (const message of protocol.moves(this.#subscribed, wanted)) this.#socket.send(message);
    this.#subscribed = wanted;
  }

  #apply(): void {
    const messages = this.#pending;
    this.#pending = [];
    const changes: MetricChange[] = [];
    const alerts: Alert[] = [];
    for (const message of messages) this.#sort(message, changes, alerts);
    if (changes.length) {
      this.assets.apply(changes);
      this.overall.apply(changes);
      for (const follower of this.#followers) follower.append(changes);
    }
    if (alerts.length) this.alerts.merge(alerts);
    if (changes.length || alerts.length) this.#stats.changed();
  }

  #sort(message: ServerMessage, changes: MetricChange[], alerts: Alert[]): void {
    switch (message.type) {
      case "metric_change":
        changes.push(message.payload);
        break;
      case "alert":
      case "alert_status_changed":
      case "alert_acknowledged":
        alerts.push(message.payload);
        break;
      case "alerts":
        alerts.push(...message.payload.alerts);
        this.alertsComplete.set(message.payload.nextCursor == null);
        break;
      case "metrics":
        this.assets.load(message.payload.metrics);
        break;
      case "resume_failed":
        // Steps taken meanwhile are unknown: the snapshot that follows starts afresh.
        alerts.length = 0;
        this.alerts.clear();
        this.epoch.set(this.epoch.get() + 1);
        break;
      case "subscribed":
        this.fault.set(null);
        this.epoch.set(this.epoch.get() + 1);
        break;
    }
  }
}

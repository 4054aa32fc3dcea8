import { useCallback, useEffect, useMemo, useState } from "react";
import type { Alert, MetricChange, Stats } from "../wire";
import { sharedSession } from "./context";
import { ALL, Follower } from "./follower";
import { type Step, type StepDetails, takeStep } from "./lifecycle";
import { useSignal } from "./signal";

export interface RealtimeQualityOptions {
  /** Connect on mount. Default: yes. */
  autoConnect?: boolean;
  /** First wait before reconnecting, ms; doubled with every attempt up to 4 s. Default 1,000. */
  reconnectInterval?: number;
  /** Asset ids or glob patterns. Omitted: all assets; an empty list: none until `subscribe`. */
  subscriptions?: readonly string[];
  /** Address of the edge's WebSocket. Default: `/ws/quality` of the page's own server. */
  url?: string;
  /** Bearer token, where the edge asks for one. */
  token?: string;
}

export interface RealtimeQuality {
  connected: boolean;
  connecting: boolean;
  /** Why the link is down, or what the edge refused to subscribe to; null while all is well. */
  error: Error | null;
  /** The last 100 changes of the assets followed, newest first. */
  metrics: readonly MetricChange[];
  /** Alerts of the assets followed, newest first, each as of its newest step. */
  alerts: readonly Alert[];
  stats: Stats | null;
  connect: () => void;
  disconnect: () => void;
  subscribe: (assets: string | readonly string[]) => void;
  unsubscribe: (assets: string | readonly string[]) => void;
  /** Shown at once; rejects, and is taken back, where the server refuses. */
  acknowledgeAlert: (id: string) => Promise<void>;
  /** `resolution` says how it was settled. Default "Resolved". */
  resolveAlert: (id: string, resolution?: string) => Promise<void>;
  refreshStats: () => Promise<void>;
}

/**
 * Live quality of the assets followed.
 *
 * All hooks of a page with the same `url` and `token` share one socket, which closes when
 * the last of them has gone. Every returned function keeps its identity.
 */
export function useRealtimeQuality(options: RealtimeQualityOptions = {}): RealtimeQuality {
  const { autoConnect = true, reconnectInterval, subscriptions, url, token } = options;
  const session = useMemo(
    () => sharedSession({ url, token, reconnectInterval }),
    [url, token, reconnectInterval],
  );
  const follower = useFollower(subscriptions);
  const [wanted, setWanted] = useState(autoConnect);

  useEffect(() => setWanted(autoConnect), [autoConnect]);
  useEffect(() => (wanted ? session.hold() : undefined), [session, wanted]);
  useEffect(() => (wanted ? session.follow(follower) : undefined), [session, follower, wanted]);

  const link = useSignal(session.link);
  const metrics = useSignal(follower.changes);
  const patterns = useSignal(follower.patterns);
  const known = useSignal(session.alerts.list);
  const stats = useSignal(session.overall.stats);
  const alerts = useMemo(
    () => (patterns.includes(ALL) ? known : known.filter((one) => follower.includes(one.assetId))),
    [known, patterns, follower],
  );

  const connect = useCallback(() => setWanted(true), []);
  const disconnect = useCallback(() => setWanted(false), []);
  const subscribe = useCallback(
    (assets: string | readonly string[]) =>
      follower.follow([...follower.patterns.get(), ...listed(assets)]),
    [follower],
  );
  const unsubscribe = useCallback(
    (assets: string | readonly string[]) => {
      const gone = new Set(listed(assets));
      follower.follow(follower.patterns.get().filter((pattern) => !gone.has(pattern)));
    },
    [follower],
  );
  const step = useCallback(
    async (id: string, taken: Step, details?: StepDetails) => {
      const { failed } = await takeStep(session, [id], taken, details);
      if (failed[0]) throw failed[0].error;
    },
    [session],
  );
  const acknowledgeAlert = useCallback((id: string) => step(id, "acknowledge"), [step]);
  const resolveAlert = useCallback(
    (id: string, resolution = "Resolved") => step(id, "resolve", { resolution }),
    [step],
  );

  const fault = useSignal(session.fault);
  const { phase } = link;
  const error = link.error ?? fault;
  return {
    connected: wanted && phase === "open",
    connecting: wanted && (phase === "connecting" || phase === "waiting"),
    error: useMemo(() => (wanted && error ? new Error(error) : null), [wanted, error]),
    metrics,
    alerts,
    stats,
    connect,
    disconnect,
    subscribe,
    unsubscribe,
    acknowledgeAlert,
    resolveAlert,
    refreshStats: session.refreshStats,
  };
}

/** A follower that keeps its identity however often the same assets are named anew. */
function useFollower(subscriptions: readonly string[] | undefined): Follower {
  const key = JSON.stringify(subscriptions ? [...new Set(subscriptions)].sort() : [ALL]);
  const [follower] = useState(() => new Follower(listed(JSON.parse(key))));
  useEffect(() => follower.follow(listed(JSON.parse(key))), [follower, key]);
  return follower;
}

/** `all` is another way to say `*`. */
function listed(assets: string | readonly string[]): readonly string[] {
  const list = typeof assets === "string" ? [assets] : assets;
  return list.map((asset) => (asset === "all" ? ALL : asset));
}

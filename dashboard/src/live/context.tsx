import { createContext, type ReactNode, useContext, useEffect, useMemo } from "react";
import { LiveSession, type SessionOptions } from "./session";

const sessions = new Map<string, LiveSession>();

/** The session of an edge: one per address and token, whoever asks. */
export function sharedSession(options: SessionOptions = {}): LiveSession {
  const key = JSON.stringify([options.url ?? null, options.token ?? null]);
  let session = sessions.get(key);
  if (!session) {
    session = new LiveSession(options);
    sessions.set(key, session);
  }
  return session;
}

const SessionContext = createContext<LiveSession | null>(null);

interface LiveProviderProps extends SessionOptions {
  children: ReactNode;
}

/** Gives the widgets inside an edge to talk to; without it they talk to the page's own. */
export function LiveProvider({ url, token, reconnectInterval, children }: LiveProviderProps) {
  const session = useMemo(
    () => sharedSession({ url, token, reconnectInterval }),
    [url, token, reconnectInterval],
  );
  useEffect(() => session.hold(), [session]);
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): LiveSession {
  const given = useContext(SessionContext);
  return given ?? sharedSession();
}

import { LoaderCircle, WifiOff } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "../components/Button";
import { useNow } from "../components/useNow";
import { formatAgo } from "../format";
import { useSession } from "../live/context";
import { useSignal } from "../live/signal";
import styles from "./ConnectionBanner.module.css";

/** A loss shorter than this is not worth a word, ms. */
const PATIENCE = 800;

/** Tells when the page has stopped being live, since when, and what is being done about it. */
export function ConnectionBanner() {
  const session = useSession();
  const link = useSignal(session.link);
  const now = useNow(1_000);
  const down = link.phase !== "open";
  const shown = useStaysTrue(down && (link.attempt > 0 || link.error !== null), PATIENCE);
  if (!shown) return null;

  const heard = session.lastHeard;
  const retrying = link.phase !== "idle";
  return (
    <div className={styles.banner} role="status">
      {retrying ? <LoaderCircle aria-hidden className={styles.turning} /> : <WifiOff aria-hidden />}
      <span>
        <strong>{retrying ? "Reconnecting" : "Not connected"}.</strong> {link.error}.{" "}
        {heard === null ? "Nothing received yet." : `Last update ${formatAgo(heard, now)}.`}
      </span>
      <Button size="s" onClick={() => session.reconnect()}>
        Try now
      </Button>
    </div>
  );
}

/** Turns true once `value` has been true for `delay` ms, and false at once. */
function useStaysTrue(value: boolean, delay: number): boolean {
  const [stays, setStays] = useState(false);
  useEffect(() => {
    if (!value) {
      setStays(false);
      return;
    }
    const timer = setTimeout(() => setStays(true), delay);
    return () => clearTimeout(timer);
  }, [value, delay]);
  return value && stays;
}

import { useNow } from "../components/useNow";
import { formatAgo } from "../format";
import { useSession } from "../live/context";
import { useSignal } from "../live/signal";
import styles from "./LiveChip.module.css";

const LABEL = {
  idle: "Not connected",
  connecting: "Connecting",
  open: "Live",
  waiting: "Reconnecting",
} as const;

/** Whether the page is live, in a word. */
export function LiveChip() {
  const session = useSession();
  const { phase } = useSignal(session.link);
  const now = useNow(1_000);
  const heard = session.lastHeard;
  const title = heard === null ? "Nothing received yet" : `Last message ${formatAgo(heard, now)}`;
  return (
    <span className={`${styles.chip} ${styles[phase]}`} title={title} data-phase={phase}>
      <i aria-hidden />
      {LABEL[phase]}
    </span>
  );
}

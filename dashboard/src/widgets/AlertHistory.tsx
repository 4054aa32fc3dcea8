import { useQuery } from "@tanstack/react-query";
import { Skeleton } from "../components/Feedback";
import { formatTime } from "../format";
import { useSession } from "../live/context";
import { cache } from "../rest/cache";
import { getAudit } from "../rest/quality";
import type { Alert, AuditEntry } from "../wire";
import styles from "./AlertDrawer.module.css";

/** Every step of the alert's life, from its rise. */
export function AlertHistory({ alert }: { alert: Alert }) {
  const session = useSession();
  const query = useQuery(
    {
      queryKey: ["audit", session.endpoint, alert.id, alert.stepId],
      queryFn: ({ signal }) => getAudit(session.endpoint, alert.id, signal),
      placeholderData: (previous) => previous,
    },
    cache,
  );
  return (
    <section className={styles.audit} aria-label="History">
      <h3>History</h3>
      {query.isPending ? <Skeleton lines={2} /> : null}
      {query.error ? <p className={styles.muted}>{query.error.message}</p> : null}
      <ol>
        <li>
          <span>
            <strong>Raised</strong> by the pipeline
          </span>
          <time dateTime={alert.timestamp}>{formatTime(alert.timestamp)}</time>
        </li>
        {query.data?.map((entry) => (
          <AuditLine key={entry.stepId} entry={entry} />
        ))}
      </ol>
    </section>
  );
}

/** Actions as they are told afterwards. */
const PAST: Readonly<Record<string, string>> = {
  acknowledge: "Acknowledged",
  resolve: "Resolved",
  ignore: "Ignored",
  reopen: "Reopened",
  comment: "Commented",
  assign: "Assigned",
};

function AuditLine({ entry }: { entry: AuditEntry }) {
  const said = [entry.resolution, entry.comment].filter(Boolean).join(" – ");
  return (
    <li>
      <span>
        <strong>{PAST[entry.action] ?? entry.action}</strong>
        {entry.action === "assign" && ` to ${entry.assignee ?? "nobody"}`} by {entry.actor}
      </span>
      <time dateTime={entry.at}>{formatTime(entry.at)}</time>
      {said && <p>{said}</p>}
    </li>
  );
}

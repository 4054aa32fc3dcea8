import { Pencil, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "../../components/Button";
import { Card } from "../../components/Card";
import { EmptyState, Failure, Skeleton } from "../../components/Feedback";
import { SEVERITY_LABEL } from "../../quality";
import { deleteSubscription, getChannels, getSubscriptions } from "../../rest/routing";
import { useChange, useRouting } from "../../widgets/useRouting";
import type { AlertSubscription, Channel } from "../../wire";
import styles from "./Routing.module.css";
import { SubscriptionDialog } from "./SubscriptionDialog";

/** Who is told of what. */
export function SubscriptionsCard() {
  const subscriptions = useRouting("subscriptions", getSubscriptions);
  const channels = useRouting("channels", getChannels);
  const [edited, setEdited] = useState<AlertSubscription | "new" | null>(null);
  const add = (
    <Button
      size="s"
      icon={<Plus aria-hidden />}
      disabled={!channels.data?.length}
      onClick={() => setEdited("new")}
    >
      Add subscription
    </Button>
  );
  return (
    <Card title="Subscriptions" aside={add} flush>
      {subscriptions.error ? (
        <Failure error={subscriptions.error} retry={subscriptions.refetch} />
      ) : !subscriptions.data ? (
        <Skeleton />
      ) : subscriptions.data.length === 0 ? (
        <EmptyState title="Nobody is told yet">
          {channels.data?.length
            ? "A subscription sends alerts that you choose to your channels."
            : "Add a channel first, then say what it is told."}
        </EmptyState>
      ) : (
        <ul className={styles.rows}>
          {subscriptions.data.map((subscription) => (
            <SubscriptionRow
              key={subscription.id}
              subscription={subscription}
              channels={channels.data ?? []}
              onEdit={() => setEdited(subscription)}
            />
          ))}
        </ul>
      )}
      {edited !== null && (
        <SubscriptionDialog
          before={edited === "new" ? undefined : edited}
          channels={channels.data ?? []}
          onClose={() => setEdited(null)}
        />
      )}
    </Card>
  );
}

interface SubscriptionRowProps {
  subscription: AlertSubscription;
  channels: readonly Channel[];
  onEdit: () => void;
}

function SubscriptionRow({ subscription, channels, onEdit }: SubscriptionRowProps) {
  const remove = useChange(deleteSubscription);
  return (
    <li className={subscription.enabled ? undefined : styles.off}>
      <span className={styles.what}>
        <strong>
          {subscription.name}
          {!subscription.enabled && " (off)"}
        </strong>
        <span className={styles.muted}>{summary(subscription, channels)}</span>
      </span>
      <IconButton size="s" label={`Edit ${subscription.name}`} onClick={onEdit}>
        <Pencil aria-hidden />
      </IconButton>
      <IconButton
        size="s"
        label={`Delete ${subscription.name}`}
        onClick={() => remove.mutate(subscription.id)}
      >
        <Trash2 aria-hidden />
      </IconButton>
    </li>
  );
}

/** A subscription in a line: what it is told of, and where. */
export function summary(subscription: AlertSubscription, channels: readonly Channel[]): string {
  const names = subscription.channels.map(
    (id) => channels.find((channel) => channel.id === id)?.name ?? "another's channel",
  );
  const quiet = subscription.quietHours;
  return [
    subscription.assetPattern ?? (subscription.source ? null : "every asset"),
    subscription.source && `source ${subscription.source}`,
    subscription.owner && `of ${subscription.owner}`,
    subscription.minimumSeverity === "critical"
      ? "critical only"
      : `${SEVERITY_LABEL[subscription.minimumSeverity].toLowerCase()} and worse`,
    subscription.groupBy !== "alert" && `by ${subscription.groupBy}`,
    quiet && `quiet ${quiet.start}–${quiet.end}`,
    `→ ${names.join(", ")}`,
  ]
    .filter(Boolean)
    .join(" · ");
}

import { RotateCcw } from "lucide-react";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { EmptyState, Failure, Skeleton } from "../../components/Feedback";
import { formatTime } from "../../format";
import { getDeliveries, retryDelivery } from "../../rest/routing";
import { useChange, useRouting } from "../../widgets/useRouting";
import type { Delivery } from "../../wire";
import styles from "./Routing.module.css";
import { subject } from "./subject";

const EVERY = 5_000;

const LOOK: Readonly<Record<Delivery["state"], string | undefined>> = {
  pending: styles.waiting,
  sending: styles.waiting,
  sent: styles.sent,
  failed: styles.failed,
  interrupted: styles.failed,
  cancelled: styles.waiting,
};

const MAY_RETRY: readonly Delivery["state"][] = ["failed", "interrupted", "cancelled"];

/** What was sent lately, and what came of it. */
export function DeliveriesCard() {
  const deliveries = useRouting("deliveries", getDeliveries, EVERY);
  return (
    <Card title="Deliveries" flush>
      {deliveries.error ? (
        <Failure error={deliveries.error} retry={deliveries.refetch} />
      ) : !deliveries.data ? (
        <Skeleton />
      ) : deliveries.data.length === 0 ? (
        <EmptyState title="Nothing was sent yet">
          What goes to your channels is listed here, and why where it failed.
        </EmptyState>
      ) : (
        <ul className={styles.rows}>
          {deliveries.data.map((delivery) => (
            <DeliveryRow key={delivery.id} delivery={delivery} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function DeliveryRow({ delivery }: { delivery: Delivery }) {
  const retry = useChange(retryDelivery);
  return (
    <li>
      <span className={styles.what}>
        <strong>{subject(delivery.notification)}</strong>
        <span className={styles.muted}>
          {delivery.channelName} · {formatTime(delivery.createdAt)}
          {delivery.attempts > 1 && ` · ${delivery.attempts} attempts`}
          {delivery.error && ` · ${delivery.error}`}
        </span>
      </span>
      <span className={LOOK[delivery.state]}>{delivery.state}</span>
      {MAY_RETRY.includes(delivery.state) && (
        <Button
          size="s"
          icon={<RotateCcw aria-hidden />}
          disabled={retry.isPending}
          onClick={() => retry.mutate(delivery.id)}
        >
          Send again
        </Button>
      )}
    </li>
  );
}

import { Pencil, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "../../components/Button";
import { Card } from "../../components/Card";
import { EmptyState, Failure, Skeleton } from "../../components/Feedback";
import { deleteOwner, getOwners } from "../../rest/routing";
import { useMayStep } from "../../widgets/useMayStep";
import { useChange, useRouting } from "../../widgets/useRouting";
import type { Owner } from "../../wire";
import { OwnerDialog } from "../OwnerDialog";
import styles from "./Routing.module.css";

/** Whose assets are. */
export function OwnersCard() {
  const owners = useRouting("owners", getOwners);
  const mayStep = useMayStep();
  const [edited, setEdited] = useState<Owner | "new" | null>(null);
  const add = mayStep && (
    <Button size="s" icon={<Plus aria-hidden />} onClick={() => setEdited("new")}>
      Name an owner
    </Button>
  );
  return (
    <Card title="Owners" aside={add} flush>
      {owners.error ? (
        <Failure error={owners.error} retry={owners.refetch} />
      ) : !owners.data ? (
        <Skeleton />
      ) : owners.data.length === 0 ? (
        <EmptyState title="No asset has an owner yet">
          Say whose the assets of a pattern are: messages name the owner, and a subscription can ask
          for one owner's alerts.
        </EmptyState>
      ) : (
        <ul className={styles.rows}>
          {owners.data.map((owner) => (
            <OwnerRow
              key={owner.id}
              owner={owner}
              mayStep={mayStep}
              onEdit={() => setEdited(owner)}
            />
          ))}
        </ul>
      )}
      {edited !== null && (
        <OwnerDialog
          owners={owners.data ?? []}
          before={edited === "new" ? undefined : edited}
          onClose={() => setEdited(null)}
        />
      )}
    </Card>
  );
}

interface OwnerRowProps {
  owner: Owner;
  mayStep: boolean;
  onEdit: () => void;
}

function OwnerRow({ owner, mayStep, onEdit }: OwnerRowProps) {
  const remove = useChange(deleteOwner);
  return (
    <li>
      <span className={styles.what}>
        <strong>{owner.owner}</strong>
        <span className={styles.muted}>{owner.assetPattern}</span>
      </span>
      {mayStep && (
        <>
          <IconButton size="s" label={`Edit the owner of ${owner.assetPattern}`} onClick={onEdit}>
            <Pencil aria-hidden />
          </IconButton>
          <IconButton
            size="s"
            label={`Forget the owner of ${owner.assetPattern}`}
            disabled={remove.isPending}
            onClick={() => remove.mutate(owner.id)}
          >
            <Trash2 aria-hidden />
          </IconButton>
        </>
      )}
    </li>
  );
}

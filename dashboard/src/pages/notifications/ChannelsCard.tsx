import { Plus, Send, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "../../components/Button";
import { Card } from "../../components/Card";
import { CopyBlock } from "../../components/CopyBlock";
import { Dialog } from "../../components/Dialog";
import { EmptyState, Failure, Skeleton } from "../../components/Feedback";
import { FormDialog, Text, Tick, Wide } from "../../components/FormDialog";
import { toast } from "../../components/toasts";
import { deleteChannel, getChannels, makeChannel, testChannel } from "../../rest/routing";
import { useChange, useRouting, useSubmit } from "../../widgets/useRouting";
import type { Channel } from "../../wire";
import styles from "./Routing.module.css";

/** Where messages may go. */
export function ChannelsCard() {
  const channels = useRouting("channels", getChannels);
  const [making, setMaking] = useState(false);
  const add = (
    <Button size="s" icon={<Plus aria-hidden />} onClick={() => setMaking(true)}>
      Add channel
    </Button>
  );
  return (
    <Card title="Channels" aside={add} flush>
      {channels.error ? (
        <Failure error={channels.error} retry={channels.refetch} />
      ) : !channels.data ? (
        <Skeleton />
      ) : channels.data.length === 0 ? (
        <EmptyState title="No channel yet">
          A channel is where messages go: this dashboard, a mailbox, a chat, a pager, a webhook.
        </EmptyState>
      ) : (
        <ul className={styles.rows}>
          {channels.data.map((channel) => (
            <ChannelRow key={channel.id} channel={channel} />
          ))}
        </ul>
      )}
      {making && <ChannelDialog onClose={() => setMaking(false)} />}
    </Card>
  );
}

function ChannelRow({ channel }: { channel: Channel }) {
  const test = useChange(testChannel, () =>
    toast({ title: `A test is on its way to ${channel.name}` }),
  );
  const remove = useChange(deleteChannel);
  return (
    <li>
      <span className={styles.what}>
        <strong>{channel.name}</strong>
        <span className={styles.muted}>
          {channel.service} · {channel.address}
          {channel.shared && " · shared"}
        </span>
      </span>
      <Button
        size="s"
        icon={<Send aria-hidden />}
        disabled={test.isPending}
        onClick={() => test.mutate(channel.id)}
      >
        Test
      </Button>
      <IconButton
        size="s"
        label={`Delete ${channel.name}`}
        onClick={() => remove.mutate(channel.id)}
      >
        <Trash2 aria-hidden />
      </IconButton>
    </li>
  );
}

const DASHBOARD = "websocket://";

function ChannelDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [address, setAddress] = useState("");
  const [shared, setShared] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const make = useSubmit(makeChannel, (made) => (made.secret ? setSecret(made.secret) : onClose()));
  if (secret !== null) return <SecretDialog secret={secret} onClose={onClose} />;
  return (
    <FormDialog
      title="Add channel"
      submit="Add"
      complete={name.trim() !== "" && address.trim() !== ""}
      busy={make.isPending}
      error={make.error}
      onSubmit={() => make.mutate({ name: name.trim(), address: address.trim(), shared })}
      onClose={onClose}
    >
      <Text label="Name" value={name} onChange={setName} placeholder="team chat" wide />
      <Text
        label="Address"
        value={address}
        onChange={setAddress}
        placeholder="slack://…  mailto://…  https://…"
        note="It is kept encrypted and not shown again. Webhooks are signed."
        wide
      />
      <Wide>
        <Button size="s" onClick={() => setAddress(DASHBOARD)}>
          Use this dashboard
        </Button>
      </Wide>
      <Tick label="Others may use it too" checked={shared} onChange={setShared} wide />
    </FormDialog>
  );
}

function SecretDialog({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <Dialog
      title="The webhook's secret"
      onClose={onClose}
      footer={
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <p>Your receiver checks signatures with it. Copy it now: it is not shown again.</p>
      <CopyBlock text={secret} />
    </Dialog>
  );
}

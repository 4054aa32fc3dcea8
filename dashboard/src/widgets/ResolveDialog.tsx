import { type FormEvent, useId, useState } from "react";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import styles from "./ResolveDialog.module.css";

interface ResolveDialogProps {
  count: number;
  onResolve: (resolution: string) => void;
  onClose: () => void;
}

const USUAL = ["Data reloaded", "Fixed upstream", "Expected change", "False alarm"];
const MOST_TEXT = 4_000;

/** Asks how the alert was settled: the edge keeps it with the step. */
export function ResolveDialog({ count, onResolve, onClose }: ResolveDialogProps) {
  const [text, setText] = useState("");
  const id = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim()) onResolve(text.trim());
  };
  return (
    <Dialog
      title={count === 1 ? "Resolve alert" : `Resolve ${count} alerts`}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={id} disabled={!text.trim()}>
            Resolve
          </Button>
        </>
      }
    >
      <form id={id} onSubmit={submit} className={styles.form}>
        <label htmlFor={`${id}-text`}>How was it settled?</label>
        <textarea
          id={`${id}-text`}
          rows={3}
          maxLength={MOST_TEXT}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
          }}
        />
        <div className={styles.usual}>
          {USUAL.map((usual) => (
            <Button key={usual} size="s" onClick={() => setText(usual)}>
              {usual}
            </Button>
          ))}
        </div>
      </form>
    </Dialog>
  );
}

import { type FormEvent, useState } from "react";
import { Button } from "../components/Button";
import { toast } from "../components/toasts";
import { useSession } from "../live/context";
import { annotate } from "../live/lifecycle";
import type { Alert } from "../wire";
import styles from "./AlertDrawer.module.css";

/** Whose the alert is. */
export function Assignee({ alert }: { alert: Alert }) {
  const session = useSession();
  const [name, setName] = useState(alert.assignee ?? "");
  const assign = (assignee: string | null) => {
    annotate(session, alert.id, { assignee }).catch(refused);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    assign(name.trim() || null);
  };
  return (
    <form className={styles.line} onSubmit={submit}>
      <label htmlFor="assignee">Assigned to</label>
      <input
        id="assignee"
        maxLength={255}
        placeholder="Nobody"
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <Button type="submit" disabled={name.trim() === (alert.assignee ?? "")}>
        Assign
      </Button>
    </form>
  );
}

/** A remark for those who look at the alert next. */
export function Comment({ alert }: { alert: Alert }) {
  const session = useSession();
  const [text, setText] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const comment = text.trim();
    if (!comment) return;
    setText("");
    annotate(session, alert.id, { comment }).catch((error: Error) => {
      setText(comment);
      refused(error);
    });
  };
  return (
    <form className={styles.line} onSubmit={submit}>
      <label htmlFor="comment">Comment</label>
      <input
        id="comment"
        maxLength={4000}
        placeholder="What is known so far"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Button type="submit" disabled={!text.trim()}>
        Add
      </Button>
    </form>
  );
}

function refused(error: Error): void {
  toast({ tone: "critical", title: "The step was refused", text: error.message });
}

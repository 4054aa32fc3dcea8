import { type FormEvent, useId, useState } from "react";
import { Button } from "../components/Button";
import { Card } from "../components/Card";
import { useSession } from "../live/context";
import { useSignal } from "../live/signal";
import { signIn, token } from "./credentials";
import styles from "./SignIn.module.css";

/** Shown where the edge speaks to nobody it does not know. */
export function SignIn() {
  const session = useSession();
  const { error } = useSignal(session.link);
  const tried = useSignal(token);
  const [text, setText] = useState("");
  const id = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const given = text.trim();
    if (!given) return;
    if (given === tried) session.reconnect();
    else signIn(given);
  };
  return (
    <main className={styles.page}>
      <Card className={styles.card}>
        <form className={styles.form} onSubmit={submit}>
          <h1>
            <img src="/favicon.svg" alt="" width={28} height={28} />
            Tidemark
          </h1>
          <label htmlFor={id}>API key or token</label>
          <input
            id={id}
            type="password"
            autoComplete="current-password"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          {tried && error && <p role="alert">{error}.</p>}
          <Button look="primary" type="submit" disabled={!text.trim()}>
            Sign in
          </Button>
          <p className={styles.muted}>
            Keys are made with <code>tidemark keys</code>. This tab forgets yours when it is closed.
          </p>
        </form>
      </Card>
    </main>
  );
}

import { CircleCheck, Info, OctagonAlert, X } from "lucide-react";
import { useEffect, useRef } from "react";
import { useSignal } from "../live/signal";
import { Button, IconButton } from "./Button";
import styles from "./Toaster.module.css";
import { dismissToast, type Toast, toasts } from "./toasts";

const ICON = { plain: Info, good: CircleCheck, critical: OctagonAlert } as const;
const SHOWN_FOR = 7_000;
/** Between two looks whether a message may go that somebody points at, ms. */
const HELD_FOR = 1_000;

/** Shows the messages raised; none goes while somebody points at them or has the focus there. */
export function Toaster() {
  const shown = useSignal(toasts);
  return (
    <div className={styles.stack} role="status" aria-live="polite" data-tidemark>
      {shown.map((message) => (
        <ToastCard key={message.key ?? message.id} message={message} />
      ))}
    </div>
  );
}

function ToastCard({ message }: { message: Toast }) {
  const { id, tone, title, text, href, action } = message;
  const Icon = ICON[tone];
  const card = useRef<HTMLDivElement>(null);
  const dismiss = () => dismissToast(id);
  useEffect(() => {
    const expire = () => {
      const held = card.current?.parentElement?.matches(":hover, :focus-within");
      if (held) timer = setTimeout(expire, HELD_FOR);
      else dismissToast(id);
    };
    let timer = setTimeout(expire, SHOWN_FOR);
    return () => clearTimeout(timer);
  }, [id]);

  return (
    <div ref={card} className={`${styles.toast} ${styles[tone]}`}>
      <Icon aria-hidden className={styles.icon} />
      <div className={styles.text}>
        {href ? (
          <a href={href} onClick={dismiss} className={styles.title}>
            {title}
          </a>
        ) : (
          <span className={styles.title}>{title}</span>
        )}
        {text && <span>{text}</span>}
      </div>
      {action && (
        <Button
          size="s"
          onClick={() => {
            action.run();
            dismiss();
          }}
        >
          {action.label}
        </Button>
      )}
      <IconButton size="s" label="Dismiss" onClick={dismiss}>
        <X aria-hidden />
      </IconButton>
    </div>
  );
}

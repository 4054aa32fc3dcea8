import { CircleCheck, Info, OctagonAlert, X } from "lucide-react";
import { useSignal } from "../live/signal";
import { Button, IconButton } from "./Button";
import styles from "./Toaster.module.css";
import { dismissToast, type Toast, toasts } from "./toasts";

const ICON = { plain: Info, good: CircleCheck, critical: OctagonAlert } as const;

export function Toaster() {
  const shown = useSignal(toasts);
  return (
    <div className={styles.stack} role="status" aria-live="polite" data-tidemark>
      {shown.map((message) => (
        <ToastCard key={message.id} message={message} />
      ))}
    </div>
  );
}

function ToastCard({ message }: { message: Toast }) {
  const Icon = ICON[message.tone];
  const dismiss = () => dismissToast(message.id);
  return (
    <div className={`${styles.toast} ${styles[message.tone]}`}>
      <Icon aria-hidden className={styles.icon} />
      <div className={styles.text}>
        {message.href ? (
          <a href={message.href} onClick={dismiss} className={styles.title}>
            {message.title}
          </a>
        ) : (
          <span className={styles.title}>{message.title}</span>
        )}
        {message.text && <span>{message.text}</span>}
      </div>
      {message.action && (
        <Button
          size="s"
          onClick={() => {
            message.action?.run();
            dismiss();
          }}
        >
          {message.action.label}
        </Button>
      )}
      <IconButton size="s" label="Dismiss" onClick={dismiss}>
        <X aria-hidden />
      </IconButton>
    </div>
  );
}

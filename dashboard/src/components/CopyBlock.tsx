import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { Button } from "./Button";
import styles from "./CopyBlock.module.css";

/** A command to take along. */
export function CopyBlock({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  return (
    <div className={styles.block}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways */}
      <pre tabIndex={0}>{text}</pre>
      <Button
        size="s"
        className={styles.copy}
        icon={copied ? <Check aria-hidden /> : <Copy aria-hidden />}
        onClick={copy}
      >
        {copied ? "Copied" : "Copy"}
      </Button>
    </div>
  );
}

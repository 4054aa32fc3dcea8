import { type ReactNode, useEffect } from "react";
import styles from "./PageHead.module.css";

interface PageHeadProps {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
}

/** A page's name, here and in the window's title. */
export function PageHead({ title, lead, actions }: PageHeadProps) {
  useEffect(() => {
    document.title = `${title} · Tidemark`;
  }, [title]);
  return (
    <header className={styles.head}>
      <div className={styles.words}>
        <h1>{title}</h1>
        {lead && <div className={styles.lead}>{lead}</div>}
      </div>
      {actions && <div className={styles.actions}>{actions}</div>}
    </header>
  );
}

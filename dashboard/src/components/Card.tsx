import { type ReactNode, useId } from "react";
import styles from "./Card.module.css";

interface CardProps {
  title?: ReactNode;
  /** Beside the title: a figure, a link, buttons. */
  aside?: ReactNode;
  /** Lets tables and lists run to the edges. */
  flush?: boolean;
  className?: string;
  children: ReactNode;
}

/** A titled region of a page. */
export function Card({ title, aside, flush, className = "", children }: CardProps) {
  const id = useId();
  return (
    <section
      data-tidemark
      className={`${styles.card} ${className}`}
      aria-labelledby={title ? id : undefined}
    >
      {(title || aside) && (
        <header className={styles.head}>
          <h2 id={id}>{title}</h2>
          {aside && <div className={styles.aside}>{aside}</div>}
        </header>
      )}
      <div className={flush ? styles.flush : styles.body}>{children}</div>
    </section>
  );
}

/** One figure with its name. */
export function Figure({
  label,
  value,
  note,
}: {
  label: string;
  value: ReactNode;
  note?: ReactNode;
}) {
  return (
    <div className={styles.figure}>
      <dt>{label}</dt>
      <dd>{value}</dd>
      {note && <dd className={styles.note}>{note}</dd>}
    </div>
  );
}

export function Figures({ children }: { children: ReactNode }) {
  return <dl className={styles.figures}>{children}</dl>;
}

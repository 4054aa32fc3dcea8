import { CloudOff, RotateCcw } from "lucide-react";
import { Component, type ReactNode } from "react";
import { Button } from "./Button";
import styles from "./Feedback.module.css";

/** Grey bars where content will be. */
export function Skeleton({ lines = 3, height = 14 }: { lines?: number; height?: number }) {
  return (
    <div className={styles.skeleton} role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: the bars are all alike
          key={line}
          style={{ height, width: `${92 - ((line * 17) % 40)}%` }}
        />
      ))}
    </div>
  );
}

interface EmptyStateProps {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
}

/** What is missing, and what to do about it. */
export function EmptyState({ icon, title, children }: EmptyStateProps) {
  return (
    <div className={styles.empty}>
      {icon && <span className={styles.emptyIcon}>{icon}</span>}
      <p className={styles.emptyTitle}>{title}</p>
      {children && <div className={styles.emptyText}>{children}</div>}
    </div>
  );
}

/** A request failed: what was wrong, and another try. */
export function Failure({ error, retry }: { error: Error; retry?: () => void }) {
  return (
    <div className={styles.empty} role="alert">
      <span className={styles.emptyIcon}>
        <CloudOff aria-hidden />
      </span>
      <p className={styles.emptyTitle}>This could not be loaded</p>
      <div className={styles.emptyText}>{error.message}</div>
      {retry && (
        <Button icon={<RotateCcw aria-hidden />} onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}

interface BoundaryProps {
  children: ReactNode;
}

/** Keeps a fault in one part of the page from taking the rest with it. */
export class ErrorBoundary extends Component<BoundaryProps, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div className={styles.empty} role="alert">
        <p className={styles.emptyTitle}>This part of the page has failed</p>
        <div className={styles.emptyText}>{error.message}</div>
        <Button onClick={() => this.setState({ error: null })}>Show it again</Button>
      </div>
    );
  }
}

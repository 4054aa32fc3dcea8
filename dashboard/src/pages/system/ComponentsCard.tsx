import { CircleCheck, CircleX } from "lucide-react";
import { Card } from "../../components/Card";
import type { Component } from "../../wire";
import styles from "./System.module.css";

const NAME: Readonly<Record<string, string>> = {
  postgresql: "PostgreSQL",
  kafka: "Kafka",
  topics: "Topics",
  feed: "Live updates",
  worker: "Detection",
};

/** What the pipeline depends on. */
export function ComponentsCard({ components }: { components: readonly Component[] }) {
  const missing = components.filter(({ ready }) => !ready).length;
  return (
    <Card
      title="Health"
      aside={missing === 0 ? "Everything is up" : `${missing} of ${components.length} down`}
      className={styles.wide}
    >
      <ul className={styles.components}>
        {components.map(({ name, ready, detail }) => (
          <li key={name} className={ready ? styles.ready : styles.missing}>
            {ready ? <CircleCheck aria-hidden /> : <CircleX aria-hidden />}
            <div>
              <strong>{NAME[name] ?? name}</strong>
              <span>{detail || (ready ? "ready" : "not ready")}</span>
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}

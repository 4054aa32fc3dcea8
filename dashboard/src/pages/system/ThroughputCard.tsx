import { AreaLine } from "../../charts/AreaLine";
import { Card } from "../../components/Card";
import { formatRate } from "../../format";
import type { System } from "../../wire";
import styles from "./System.module.css";
import type { Sample } from "./useSamples";

interface ThroughputCardProps {
  /** Since the page was opened, oldest first. */
  samples: readonly Sample<System>[];
}

const FLOWS: readonly {
  label: string;
  what: string;
  rate: (system: System) => number | null;
}[] = [
  { label: "Events in", what: "measurements received", rate: (one) => one.eventsPerSecond },
  { label: "Changes out", what: "values that moved", rate: (one) => one.changesPerSecond },
  { label: "Alerts out", what: "raised or taken further", rate: (one) => one.alertsPerSecond },
];

/** How much flows, now and since the page was opened. */
export function ThroughputCard({ samples }: ThroughputCardProps) {
  const newest = samples.at(-1)?.value;
  return (
    <Card title="Throughput" aside="per second, over the last minute" className={styles.wide}>
      <dl className={styles.flows}>
        {FLOWS.map(({ label, what, rate }) => {
          const points = samples.map(({ time, value }) => ({ time, value: rate(value) ?? 0 }));
          return (
            <div key={label}>
              <dt>{label}</dt>
              <dd>
                <strong>{formatRate(newest && rate(newest))}</strong> <small>{what}</small>
              </dd>
              <dd>
                <AreaLine
                  points={points}
                  from={points[0]?.time ?? 0}
                  to={points.at(-1)?.time ?? 1}
                  low={0}
                  high={Math.max(1, ...points.map(({ value }) => value)) * 1.15}
                  height={48}
                />
              </dd>
            </div>
          );
        })}
      </dl>
    </Card>
  );
}

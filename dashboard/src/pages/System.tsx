import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX } from "lucide-react";
import { Card, Figure, Figures } from "../components/Card";
import { ErrorBoundary, Failure, Skeleton } from "../components/Feedback";
import { PageHead } from "../components/PageHead";
import { useNow } from "../components/useNow";
import { formatCount, formatDuration } from "../format";
import { useSession } from "../live/context";
import { cache } from "../rest/cache";
import { getSocketStats, getSystem } from "../rest/quality";
import type { Component, GroupState, SocketStats, System as SystemState } from "../wire";
import styles from "./System.module.css";

const INTERVAL = 3_000;

/** Whether the pipeline is well: what it depends on, how far it lags, what it refused. */
export function System() {
  const { endpoint } = useSession();
  const system = useQuery(
    {
      queryKey: ["system", endpoint],
      queryFn: ({ signal }) => getSystem(endpoint, signal),
      refetchInterval: INTERVAL,
    },
    cache,
  );
  const sockets = useQuery(
    {
      queryKey: ["ws/stats", endpoint],
      queryFn: ({ signal }) => getSocketStats(endpoint, signal),
      refetchInterval: INTERVAL,
    },
    cache,
  );
  if (system.error && !system.data) {
    return <Failure error={system.error} retry={() => void system.refetch()} />;
  }
  if (!system.data) return <Skeleton lines={10} height={24} />;
  return (
    <>
      <PageHead title="System" lead={<Lead system={system.data} />} />
      <div className={styles.grid}>
        <ErrorBoundary>
          <Components components={system.data.components} />
          <Flow system={system.data} />
          <Group title="Detection" group={system.data.worker} />
          <Group title="Sink to PostgreSQL" group={system.data.sink} />
          {sockets.data && <Sockets sockets={sockets.data} />}
        </ErrorBoundary>
      </div>
    </>
  );
}

function Lead({ system }: { system: SystemState }) {
  const now = useNow(1_000);
  const up = (now - Date.parse(system.startedAt)) / 1000;
  return (
    <>
      Version {system.version}, edge {system.edgeId}, up {formatDuration(up)}
    </>
  );
}

function Components({ components }: { components: readonly Component[] }) {
  const ready = components.every((component) => component.ready);
  return (
    <Card title="Ready" aside={ready ? "Everything is there" : "Something is missing"}>
      <ul className={styles.components}>
        {components.map((component) => (
          <li key={component.name} className={component.ready ? styles.ready : styles.missing}>
            {component.ready ? <CircleCheck aria-hidden /> : <CircleX aria-hidden />}
            <strong>{component.name}</strong>
            <span>{component.ready ? component.detail || "ready" : component.detail}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function rate(value: number | null): string {
  if (value === null) return "–";
  return value < 10 ? value.toFixed(1) : formatCount(value);
}

function Flow({ system }: { system: SystemState }) {
  return (
    <Card title="Flow" aside="per second, over the last minute">
      <Figures>
        <Figure label="Events in" value={rate(system.eventsPerSecond)} />
        <Figure label="Changes" value={rate(system.changesPerSecond)} />
        <Figure label="Alerts" value={rate(system.alertsPerSecond)} />
        <Figure
          label="Dead letters"
          value={formatCount(system.deadLetters)}
          note={system.deadLetters ? "see tidemark dead-letters" : "none refused"}
        />
        <Figure label="Outbox" value={formatCount(system.outbox)} note="steps to be told" />
        <Figure label="Edge behind" value={formatCount(system.edgeLag)} note="records" />
      </Figures>
    </Card>
  );
}

function Group({ title, group }: { title: string; group: GroupState | null }) {
  return (
    <Card title={title} aside={group ? `${group.state}, ${members(group.members)}` : "not known"}>
      {group === null ? (
        <p className={styles.muted}>Kafka could not tell of this consumer group just now.</p>
      ) : (
        <>
          <Figures>
            <Figure label="Records behind" value={formatCount(group.lag)} />
          </Figures>
          <section
            className={styles.scroll}
            // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
            tabIndex={0}
            aria-label={`${title}, partitions`}
          >
            <table className={styles.table}>
              <thead>
                <tr>
                  <th>Partition</th>
                  <th>Committed</th>
                  <th>End</th>
                  <th>Behind</th>
                </tr>
              </thead>
              <tbody>
                {group.partitions.map((one) => (
                  <tr key={one.partition}>
                    <td>{one.partition}</td>
                    <td>{one.committed ?? "–"}</td>
                    <td>{one.end}</td>
                    <td>{one.lag}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        </>
      )}
    </Card>
  );
}

function members(count: number): string {
  return count === 1 ? "1 member" : `${count} members`;
}

function Sockets({ sockets }: { sockets: SocketStats }) {
  return (
    <Card title="Live connections" className={styles.wide}>
      <Figures>
        <Figure label="On this edge" value={formatCount(sockets.connections)} />
        <Figure
          label="On all edges"
          value={formatCount(sockets.totalConnections)}
          note={sockets.edges === null ? null : `${sockets.edges} edges`}
        />
        <Figure label="Subscribed" value={formatCount(sockets.subscribedConnections)} />
        <Figure label="Messages sent" value={formatCount(sockets.messagesSent)} />
        <Figure label="Resumed" value={formatCount(sockets.resumed)} />
        <Figure label="Stalled now" value={formatCount(sockets.stalledConnections)} />
        <Figure label="Closed as slow" value={formatCount(sockets.slowDisconnects)} />
      </Figures>
    </Card>
  );
}

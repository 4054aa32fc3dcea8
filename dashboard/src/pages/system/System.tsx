import { useQuery } from "@tanstack/react-query";
import { ErrorBoundary, Failure, Skeleton } from "../../components/Feedback";
import { PageHead } from "../../components/PageHead";
import { useNow } from "../../components/useNow";
import { formatDuration } from "../../format";
import { useSession } from "../../live/context";
import { cache } from "../../rest/cache";
import { getSocketStats, getSystem } from "../../rest/quality";
import type { System as SystemState } from "../../wire";
import { ComponentsCard } from "./ComponentsCard";
import { ConnectionsCard } from "./ConnectionsCard";
import { GroupCard } from "./GroupCard";
import { LeftoversCard } from "./LeftoversCard";
import styles from "./System.module.css";
import { ThroughputCard } from "./ThroughputCard";
import { useSamples } from "./useSamples";

const INTERVAL = 3_000;

/** Whether the pipeline is well: what it depends on, how far it lags, what it refused. */
export function System() {
  const { endpoint } = useSession();
  const { data, error, refetch, dataUpdatedAt } = useQuery(
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
  const samples = useSamples(data, dataUpdatedAt);
  return (
    <>
      <PageHead title="System" lead={data && <Lead system={data} />} />
      {data ? (
        <div className={styles.grid}>
          <ErrorBoundary>
            <ComponentsCard components={data.components} />
            <ThroughputCard samples={samples} />
            <GroupCard
              title="Detection"
              duty="reads events, finds changes and raises alerts"
              group={data.worker}
              samples={samples.map(({ time, value }) => ({ time, value: value.worker?.lag ?? 0 }))}
            />
            <GroupCard
              title="Storage"
              duty="writes history and alerts to PostgreSQL"
              group={data.sink}
              samples={samples.map(({ time, value }) => ({ time, value: value.sink?.lag ?? 0 }))}
            />
            <GroupCard
              title="Notification"
              duty="tells people of alerts, where they have subscribed"
              group={data.notifier}
              samples={samples.map(({ time, value }) => ({
                time,
                value: value.notifier?.lag ?? 0,
              }))}
            />
            <LeftoversCard system={data} />
            <div className={styles.wide}>
              <ConnectionsCard sockets={sockets.data} />
            </div>
          </ErrorBoundary>
        </div>
      ) : error ? (
        <Failure error={error} retry={() => void refetch()} />
      ) : (
        <Skeleton lines={10} height={24} />
      )}
    </>
  );
}

function Lead({ system }: { system: SystemState }) {
  const now = useNow(1_000);
  const up = (now - Date.parse(system.startedAt)) / 1000;
  return (
    <>
      Version {system.version} · edge {system.edgeId} · up {formatDuration(up)}
    </>
  );
}

import { useQuery } from "@tanstack/react-query";
import { AreaLine } from "../charts/AreaLine";
import { type Point, toPoint } from "../charts/history";
import { formatTime } from "../format";
import { useSession } from "../live/context";
import { metricLabel } from "../quality";
import { cache } from "../rest/cache";
import { getHistory } from "../rest/quality";
import type { Alert, MetricType } from "../wire";
import styles from "./AlertDrawer.module.css";

const SHOWN = 60;
/** The API's `until` is exclusive; the alert's own value is wanted, ms. */
const INCLUSIVE = 1;

/** How the metric came to raise the alert: its last values up to then. */
export function AlertContext({ alert }: { alert: Alert }) {
  const { endpoint } = useSession();
  const { assetId, timestamp } = alert;
  const metricType = alert.metadata.metricType as MetricType | null | undefined;
  const { data = NONE } = useQuery(
    {
      queryKey: ["context", endpoint, assetId, metricType, timestamp],
      queryFn: async ({ signal }) => {
        const until = new Date(Date.parse(timestamp) + INCLUSIVE).toISOString();
        const query = { assetId, metricType: metricType ?? "score", until };
        return (await getHistory(endpoint, query, SHOWN, signal)).map(toPoint);
      },
      enabled: metricType != null,
      staleTime: Number.POSITIVE_INFINITY,
    },
    cache,
  );
  const [first] = data;
  const last = data.at(-1);
  if (!first || !last || first === last || metricType == null) return null;
  const values = data.map(({ value }) => value);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const slack = Math.max((high - low) * 0.1, 1);
  return (
    <figure className={styles.context}>
      <AreaLine
        points={data}
        from={first.time}
        to={last.time}
        low={low - slack}
        high={high + slack}
        height={72}
      />
      <figcaption>
        {metricLabel(metricType)} since {formatTime(first.time * 1000)}
      </figcaption>
    </figure>
  );
}

const NONE: readonly Point[] = [];

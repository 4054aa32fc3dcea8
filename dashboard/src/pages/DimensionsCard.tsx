import { useQuery } from "@tanstack/react-query";
import { ChangeBadge } from "../components/Badge";
import { Card } from "../components/Card";
import { EmptyState, Failure, Skeleton } from "../components/Feedback";
import { formatScore } from "../format";
import type { AssetState } from "../live/assetBook";
import { useSession } from "../live/context";
import { useSignal } from "../live/signal";
import { DIMENSIONS, HEALTH_LABEL, healthOf, metricLabel } from "../quality";
import { cache } from "../rest/cache";
import { getDimensions } from "../rest/quality";
import type { AssetDimensions, MetricType } from "../wire";
import styles from "./DimensionsCard.module.css";
import { useLiveAsset } from "./useLiveAsset";

/** The newest score of each quality dimension, and what they come to. */
export function DimensionsCard({ assetId }: { assetId: string }) {
  const { endpoint, epoch } = useSession();
  const since = useSignal(epoch);
  const live = useLiveAsset(assetId);
  const query = useQuery(
    {
      queryKey: ["dimensions", endpoint, assetId, since],
      queryFn: ({ signal }) => getDimensions(endpoint, assetId, signal),
      placeholderData: (previous) => previous,
      refetchInterval: 30_000,
    },
    cache,
  );
  const recorded = new Map(query.data?.dimensions.map((one) => [one.dimension, one]));
  const shown = DIMENSIONS.filter((one) => recorded.has(one) || live?.readings[one]);
  const weighted = query.data ? weightedAverage(query.data, live) : null;
  const missing = query.data?.missing ?? [];
  return (
    <Card
      title="Dimensions"
      aside={weighted !== null && <>Weighted average {formatScore(weighted)}</>}
    >
      {shown.length > 0 ? (
        <ul className={styles.list}>
          {shown.map((dimension) => {
            const reading = live?.readings[dimension];
            return (
              <DimensionBar
                key={dimension}
                dimension={dimension}
                score={reading?.value ?? recorded.get(dimension)?.score ?? null}
                change={reading?.previous != null ? reading.value - reading.previous : null}
                weight={recorded.get(dimension)?.weight}
                stale={recorded.get(dimension)?.stale === true}
              />
            );
          })}
        </ul>
      ) : query.isPending ? (
        <Skeleton lines={5} height={18} />
      ) : query.error ? (
        <Failure error={query.error} retry={() => void query.refetch()} />
      ) : (
        <EmptyState title="No dimension is measured">
          <p>Send metrics such as completeness or timeliness to see where the score comes from.</p>
        </EmptyState>
      )}
      {missing.length > 0 && (
        <p className={styles.missing}>Never reported: {missing.map(metricLabel).join(", ")}</p>
      )}
    </Card>
  );
}

/** The edge's average, moved by what has changed since as a mean is; null: it has none. */
function weightedAverage(told: AssetDimensions, live: AssetState | undefined): number | null {
  if (told.weightedScore == null) return null;
  const counted = told.dimensions.filter(({ stale }) => !stale);
  const total = counted.reduce((sum, { weight }) => sum + weight, 0);
  const moved = counted.reduce((sum, { dimension, score, weight }) => {
    const now = live?.readings[dimension]?.value ?? score;
    return sum + weight * (now - score);
  }, 0);
  return told.weightedScore + (total && moved / total);
}

interface DimensionBarProps {
  dimension: MetricType;
  score: number | null;
  change: number | null;
  weight: number | undefined;
  /** Too old beside the others to count. */
  stale: boolean;
}

function DimensionBar({ dimension, score, change, weight, stale }: DimensionBarProps) {
  const health = healthOf(score);
  return (
    <li className={styles.line}>
      <span>
        {metricLabel(dimension)}
        {weight !== undefined && weight !== 1 && <small> weight {weight}</small>}
        {stale && <small> too old to count</small>}
      </span>
      <span className={`${styles.track} ${styles[health]}`} title={HEALTH_LABEL[health]}>
        <i style={{ width: `${score ?? 0}%` }} />
      </span>
      <b>{formatScore(score)}</b>
      <span className={styles.change}>
        {change !== null && <ChangeBadge metric={dimension} change={change} />}
      </span>
    </li>
  );
}

import { useQuery } from "@tanstack/react-query";
import { SeverityBadge } from "../components/Badge";
import { Card } from "../components/Card";
import { Failure, Skeleton } from "../components/Feedback";
import { formatDuration } from "../format";
import { useSession } from "../live/context";
import { cache } from "../rest/cache";
import { getThresholds } from "../rest/quality";
import type { AssetThresholds, SeveritySteps } from "../wire";
import styles from "./ThresholdsCard.module.css";

/** What it takes for this asset to raise an alert. */
export function ThresholdsCard({ assetId }: { assetId: string }) {
  const { endpoint } = useSession();
  const query = useQuery(
    {
      queryKey: ["thresholds", endpoint, assetId],
      queryFn: ({ signal }) => getThresholds(endpoint, assetId, signal),
      staleTime: Number.POSITIVE_INFINITY,
    },
    cache,
  );
  return (
    <Card title="Thresholds">
      {query.data ? (
        <Thresholds thresholds={query.data} />
      ) : query.error ? (
        <Failure error={query.error} retry={() => void query.refetch()} />
      ) : (
        <Skeleton lines={4} height={16} />
      )}
    </Card>
  );
}

const LEVELS = ["critical", "high", "medium"] as const;

function Thresholds({ thresholds }: { thresholds: AssetThresholds }) {
  const { scoreDrop, dimensionDrop, newIssues, minimumChange, staleAfter } = thresholds;
  return (
    <div className={styles.stack}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Alert when</th>
            {LEVELS.map((level) => (
              <th key={level} scope="col">
                <SeverityBadge severity={level} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Line name="the score drops by" unit="points" steps={scoreDrop} />
          {dimensionDrop && (
            <Line name="a dimension drops by" unit="points" steps={dimensionDrop} />
          )}
          <Line name="issues grow by" steps={newIssues} />
        </tbody>
      </table>
      <p className={styles.muted}>
        Changes of {minimumChange} {minimumChange === 1 ? "point" : "points"} and more are told.
        Silence is noticed{" "}
        {staleAfter === null
          ? "after longer than this asset is used to."
          : `after ${formatDuration(staleAfter)}.`}
      </p>
    </div>
  );
}

function Line({ name, unit, steps }: { name: string; unit?: string; steps: SeveritySteps }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      {LEVELS.map((level) => (
        <td key={level}>
          {steps[level]} {unit}
        </td>
      ))}
    </tr>
  );
}

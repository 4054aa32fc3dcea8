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
          <Line name="Score drops by" steps={scoreDrop} />
          {dimensionDrop && <Line name="A dimension drops by" steps={dimensionDrop} />}
          <Line name="Issues grow by" steps={newIssues} />
        </tbody>
      </table>
      <p className={styles.muted}>
        Smaller changes than {minimumChange} {minimumChange === 1 ? "point" : "points"} are recorded
        without a word.{" "}
        {staleAfter === null
          ? "An alert is raised, too, when the asset is silent for longer than it usually is."
          : `An alert is raised, too, after ${formatDuration(staleAfter)} of silence.`}
      </p>
    </div>
  );
}

function Line({ name, steps }: { name: string; steps: SeveritySteps }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      {LEVELS.map((level) => (
        <td key={level}>{steps[level]}</td>
      ))}
    </tr>
  );
}

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
  const { scoreDrop, dimensionDrop, newIssues } = thresholds;
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
      <ul className={styles.rules}>
        {rulesOf(thresholds).map((rule) => (
          <li key={rule}>{rule}</li>
        ))}
      </ul>
    </div>
  );
}

/** What else holds for the asset, a sentence each. */
function rulesOf(thresholds: AssetThresholds): string[] {
  const { minimumChange, staleAfter, incidents, scoring, predictedBreach, learnedLimits } =
    thresholds;
  const rules = [
    `Smaller changes than ${points(minimumChange)} are recorded without a word.`,
    staleAfter === null
      ? "An alert is raised, too, when the asset is silent for longer than it usually is."
      : `An alert is raised, too, after ${formatDuration(staleAfter)} of silence.`,
  ];
  if (incidents) {
    rules.push(
      `One alert holds all that happens to a metric within ${formatDuration(incidents.within)}, and grows worse in place.`,
    );
    if (incidents.recoveredShare !== null)
      rules.push(
        `It resolves itself after ${incidents.recoveredEvents} good ${incidents.recoveredEvents === 1 ? "value" : "values in a row"}.`,
      );
    if (incidents.slides) rules.push("A decline in small steps raises one, too.");
  }
  if (scoring.derive) rules.push("The score is made of the dimensions.");
  if (predictedBreach)
    rules.push(
      `An alert is raised, too, when the score is expected below ${predictedBreach.minimum} within ${predictedBreach.withinDays} days.`,
    );
  if (learnedLimits)
    rules.push(
      learnedLimits.mode === "alert"
        ? "An alert is raised, too, for what is unusual at the hour or on the weekday."
        : "What is unusual at the hour or on the weekday is recorded, and raises no alert.",
    );
  return rules;
}

const points = (count: number) => `${count} ${count === 1 ? "point" : "points"}`;

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

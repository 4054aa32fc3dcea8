import { useQuery } from "@tanstack/react-query";
import { ScoreTrend } from "../charts/ScoreTrend";
import { Card } from "../components/Card";
import { EmptyState, Failure, Skeleton } from "../components/Feedback";
import { formatCount, formatScore } from "../format";
import { useSession } from "../live/context";
import { cache } from "../rest/cache";
import { getTrends } from "../rest/quality";
import type { TrendPoint } from "../wire";

const TREND_DAYS = 30;

/** How the score of all assets went. */
export function OverallTrend() {
  const { endpoint } = useSession();
  const query = useQuery(
    {
      queryKey: ["trends", endpoint, null, TREND_DAYS],
      queryFn: ({ signal }) => getTrends(endpoint, { days: TREND_DAYS }, signal),
    },
    cache,
  );
  return (
    <Card title="Score of all assets, last 30 days">
      {query.isPending ? (
        <Skeleton lines={5} height={28} />
      ) : query.error ? (
        <Failure error={query.error} retry={() => void query.refetch()} />
      ) : query.data.length < 2 ? (
        <FirstDay day={query.data[0]} />
      ) : (
        <ScoreTrend points={query.data} />
      )}
    </Card>
  );
}

/** A line needs two days. */
function FirstDay({ day }: { day: TrendPoint | undefined }) {
  if (!day) {
    return (
      <EmptyState title="Nothing recorded yet">
        <p>The first figures appear with the first recorded scores.</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="The first day">
      <p>
        {formatCount(day.count)} scores so far, {formatScore(day.average)} on average, the lowest{" "}
        {formatScore(day.minimum)}. The line begins with the second day.
      </p>
    </EmptyState>
  );
}

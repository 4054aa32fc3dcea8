import { useQuery } from "@tanstack/react-query";
import { useSession } from "../live/context";
import { cache } from "../rest/cache";
import { getTrends } from "../rest/quality";

const HOUR = 3_600_000;

interface Baseline {
  average: number;
  /** "yesterday", or the day in question. */
  name: string;
}

/** Mean score on the last day (UTC) before today that has one; null while unknown. */
export function useBaseline(): Baseline | null {
  const { endpoint } = useSession();
  const { data } = useQuery(
    {
      queryKey: ["trends", endpoint, null, 30],
      queryFn: ({ signal }) => getTrends(endpoint, { days: 30 }, signal),
      staleTime: HOUR,
    },
    cache,
  );
  const point = data?.findLast(({ date }) => date < dayBefore(0));
  if (!point) return null;
  const name = point.date === dayBefore(1) ? "yesterday" : point.date;
  return { average: point.average, name };
}

function dayBefore(days: number): string {
  return new Date(Date.now() - days * 24 * HOUR).toISOString().slice(0, 10);
}

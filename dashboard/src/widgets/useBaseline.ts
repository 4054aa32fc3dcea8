import { useQuery } from "@tanstack/react-query";
import { formatClock } from "../format";
import { useSession } from "../live/context";
import { useSignal } from "../live/signal";
import { cache } from "../rest/cache";
import { getTrends } from "../rest/quality";

const HOUR = 3_600_000;

interface Baseline {
  score: number;
  /** "against yesterday", or the day or time in question. */
  name: string;
}

/**
 * What the overall score is held against: its mean on the last day (UTC) before today that
 * has one, or else where it stood when the page first saw it; null while unknown.
 */
export function useBaseline(): Baseline | null {
  const { endpoint, overall } = useSession();
  const { data, isPending } = useQuery(
    {
      queryKey: ["trends", endpoint, null, 30],
      queryFn: ({ signal }) => getTrends(endpoint, { days: 30 }, signal),
      staleTime: HOUR,
    },
    cache,
  );
  const [first] = useSignal(overall.recent, 1_000);
  const day = data?.findLast(({ date }) => date < dayBefore(0));
  if (day) {
    const name = day.date === dayBefore(1) ? "yesterday" : day.date;
    return { score: day.average, name: `against ${name}` };
  }
  if (isPending || !first) return null;
  return { score: first.value, name: `since ${formatClock(first.time * 1000)}` };
}

function dayBefore(days: number): string {
  return new Date(Date.now() - days * 24 * HOUR).toISOString().slice(0, 10);
}

import { useQuery } from "@tanstack/react-query";
import { useSession } from "../live/context";
import { cache } from "../rest/cache";
import { getTrends } from "../rest/quality";

const HOUR = 3_600_000;

/** Mean score of all assets on the last day before today that has one; null while unknown. */
export function useBaseline(): number | null {
  const { endpoint } = useSession();
  const today = new Date().toISOString().slice(0, 10);
  const { data } = useQuery(
    {
      queryKey: ["trends", endpoint, null, 30],
      queryFn: ({ signal }) => getTrends(endpoint, { days: 30 }, signal),
      staleTime: HOUR,
    },
    cache,
  );
  return data?.findLast((point) => point.date < today)?.average ?? null;
}

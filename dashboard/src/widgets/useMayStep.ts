import { useQuery } from "@tanstack/react-query";
import { useSession } from "../live/context";
import { cache } from "../rest/cache";
import { getIdentity } from "../rest/quality";

/** Whether the caller may take steps with alerts; yes until the edge says otherwise. */
export function useMayStep(): boolean {
  const { endpoint } = useSession();
  const { data } = useQuery(
    {
      queryKey: ["me", endpoint],
      queryFn: ({ signal }) => getIdentity(endpoint, signal),
      staleTime: Number.POSITIVE_INFINITY,
    },
    cache,
  );
  return data === undefined || data.role === "operator" || data.role === "admin";
}

import { useMutation, useQuery } from "@tanstack/react-query";
import { toast } from "../../components/toasts";
import { useSession } from "../../live/context";
import { cache } from "../../rest/cache";
import type { Endpoint } from "../../rest/client";

const KEY = "routing";

/** A list of routing, kept up to date while it is shown. */
export function useRouting<T>(
  name: string,
  fetch: (endpoint: Endpoint, signal?: AbortSignal) => Promise<T>,
  refetchInterval: number | false = false,
) {
  const { endpoint } = useSession();
  return useQuery(
    {
      queryKey: [KEY, name, endpoint],
      queryFn: ({ signal }) => fetch(endpoint, signal),
      refetchInterval,
    },
    cache,
  );
}

/** Something that changes routing: afterwards every list is asked for again. */
export function useChange<A, T>(
  work: (endpoint: Endpoint, asked: A) => Promise<T>,
  done?: (made: T) => void,
) {
  const { endpoint } = useSession();
  return useMutation<T, Error, A>(
    {
      mutationFn: (asked) => work(endpoint, asked),
      onSuccess: (made) => {
        void cache.invalidateQueries({ queryKey: [KEY] });
        done?.(made);
      },
      onError: (error) =>
        toast({ tone: "critical", title: "That was refused", text: error.message }),
    },
    cache,
  );
}

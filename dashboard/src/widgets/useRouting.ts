import { useMutation, useQuery } from "@tanstack/react-query";
import { toast } from "../components/toasts";
import { useSession } from "../live/context";
import { cache } from "../rest/cache";
import type { Endpoint } from "../rest/client";

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
export function useSubmit<A, T>(
  work: (endpoint: Endpoint, asked: A) => Promise<T>,
  done?: (made: T) => void,
  onError?: (error: Error) => void,
) {
  const { endpoint } = useSession();
  return useMutation<T, Error, A>(
    {
      mutationFn: (asked) => work(endpoint, asked),
      onSuccess: (made) => {
        void cache.invalidateQueries({ queryKey: [KEY] });
        done?.(made);
      },
      onError,
    },
    cache,
  );
}

/** The same where no dialog is open to say that it was refused. */
export function useChange<A, T>(
  work: (endpoint: Endpoint, asked: A) => Promise<T>,
  done?: (made: T) => void,
) {
  return useSubmit(work, done, refused);
}

function refused(error: Error): void {
  toast({ tone: "critical", title: "That was refused", text: error.message });
}

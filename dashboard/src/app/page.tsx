import { useQuery } from "@tanstack/react-query";
import type { ComponentType } from "react";
import { Failure, Skeleton } from "../components/Feedback";
import { cache } from "../rest/cache";

/** Tries to get a page's code, and ms between two: an edge that restarts is back in seconds. */
const RETRIES = 60;
const RETRY_AFTER = 1_000;

/**
 * A page whose code is fetched when the page is first shown; it goes on loading while the
 * edge is away.
 *
 * React's own `lazy` would fail for good where its first try fails.
 */
export function page(name: string, load: () => Promise<ComponentType>): ComponentType {
  return () => {
    const {
      data: Loaded,
      error,
      refetch,
    } = useQuery(
      {
        queryKey: ["page", name],
        queryFn: load,
        staleTime: Infinity,
        gcTime: Infinity,
        networkMode: "always",
        retry: RETRIES,
        retryDelay: RETRY_AFTER,
      },
      cache,
    );
    if (Loaded) return <Loaded />;
    if (error) return <Failure error={error} retry={() => void refetch()} />;
    return <Skeleton lines={8} height={24} />;
  };
}

import { QueryClient } from "@tanstack/react-query";
import { Problem } from "./client";

const MOST_RETRIES = 2;

/** What was fetched, shared by all widgets. What the edge refuses is not asked again. */
export const cache = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: false,
      retry: (failures, error) => {
        const refused = error instanceof Problem && error.status >= 400 && error.status < 500;
        return !refused && failures < MOST_RETRIES;
      },
    },
  },
});

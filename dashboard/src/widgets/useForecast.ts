import { useQuery } from "@tanstack/react-query";
import { useSession } from "../live/context";
import { cache } from "../rest/cache";
import { getForecast } from "../rest/quality";
import type { Forecast } from "../wire";
import type { ChartView } from "./chartRows";

/** Forecasts are made by a batch job, ms. */
const RENEWED = 10 * 60_000;

/** The forecast of what a chart shows; null where there is none. */
export function useForecast(assetId: string, view: ChartView): Forecast | null {
  const { endpoint } = useSession();
  const metric = view === "issues" ? "issues" : "score";
  const { data } = useQuery(
    {
      queryKey: ["forecast", endpoint, assetId, metric],
      queryFn: ({ signal }) => getForecast(endpoint, assetId, metric, signal),
      enabled: view !== "dimensions",
      staleTime: RENEWED,
      refetchInterval: RENEWED,
    },
    cache,
  );
  return view === "dimensions" ? null : (data ?? null);
}

import { useSyncExternalStore } from "react";
import type { AssetState } from "../live/assetBook";
import { useSession } from "../live/context";

/** What is known live of one asset. */
export function useLiveAsset(assetId: string): AssetState | undefined {
  const { assets } = useSession();
  return useSyncExternalStore(
    (listener) => assets.subscribe(assetId, listener),
    () => assets.get(assetId),
  );
}

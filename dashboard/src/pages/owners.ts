import { matchesGlob } from "../live/glob";
import type { Owner } from "../wire";

/** Whose an asset is: of the patterns that match it the longest counts; null: nobody's. */
export function ownerOf(owners: readonly Owner[], assetId: string): Owner | null {
  return owners
    .filter(({ assetPattern }) => matchesGlob(assetPattern, assetId))
    .reduce<Owner | null>((best, one) => (best && outranks(best, one) ? best : one), null);
}

function outranks({ assetPattern: a }: Owner, { assetPattern: b }: Owner): boolean {
  return a.length === b.length ? a > b : a.length > b.length;
}

/** Which assets are shown and in what order, as it stands in the URL. */
import { isPattern, matchesGlob } from "../live/glob";
import { type Health, healthOf, SEVERITY_RANK } from "../quality";
import type { Asset } from "../wire";

export type AssetSort = "alerts" | "name" | "score" | "issues" | "seen";

export const SORTS: readonly { value: AssetSort; label: string }[] = [
  { value: "alerts", label: "Alerts first" },
  { value: "score", label: "Lowest score first" },
  { value: "issues", label: "Most issues first" },
  { value: "seen", label: "Last seen first" },
  { value: "name", label: "By name" },
];

export interface AssetFilter {
  text: string;
  health: Health | "";
  sort: AssetSort;
}

export function parseAssetFilter(search: string): AssetFilter {
  const params = new URLSearchParams(search);
  const health = params.get("health") ?? "";
  const sort = params.get("sort");
  return {
    text: params.get("q") ?? "",
    health: ["good", "fair", "poor", "unknown"].includes(health) ? (health as Health) : "",
    sort: SORTS.find(({ value }) => value === sort)?.value ?? "alerts",
  };
}

export function formatAssetFilter({ text, health, sort }: AssetFilter): string {
  const params = new URLSearchParams();
  if (text) params.set("q", text);
  if (health) params.set("health", health);
  if (sort !== "alerts") params.set("sort", sort);
  return params.toString();
}

export function selectAssets(assets: readonly Asset[], filter: AssetFilter): Asset[] {
  return assets.filter((asset) => matches(asset, filter)).sort(ORDER[filter.sort]);
}

function matches(asset: Asset, { text, health }: AssetFilter): boolean {
  if (health && healthOf(asset.score) !== health) return false;
  const wanted = text.trim();
  if (!wanted) return true;
  if (isPattern(wanted)) return matchesGlob(wanted, asset.assetId);
  const { assetId, assetName, assetType, source } = asset;
  const haystack = [assetId, assetName, assetType, source].join("\n").toLowerCase();
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .every((word) => haystack.includes(word));
}

type Order = (a: Asset, b: Asset) => number;

const collator = new Intl.Collator("en", { numeric: true });
const byName: Order = (a, b) => collator.compare(a.assetId, b.assetId);
/** Assets without a score come last. */
const byScore: Order = (a, b) => (a.score ?? 101) - (b.score ?? 101) || byName(a, b);
const rank = ({ worstSeverity }: Asset) => (worstSeverity ? SEVERITY_RANK[worstSeverity] : -1);

const ORDER: Readonly<Record<AssetSort, Order>> = {
  name: byName,
  score: byScore,
  issues: (a, b) => (b.issues ?? -1) - (a.issues ?? -1) || byName(a, b),
  seen: (a, b) => Date.parse(b.lastSeen) - Date.parse(a.lastSeen) || byName(a, b),
  alerts: (a, b) => rank(b) - rank(a) || b.activeAlerts - a.activeAlerts || byScore(a, b),
};

import { useVirtualizer } from "@tanstack/react-virtual";
import { Database } from "lucide-react";
import { useMemo, useRef } from "react";
import { useLocation, useSearch } from "wouter";
import { FirstEvent } from "../app/FirstEvent";
import { EmptyState, Failure, Skeleton } from "../components/Feedback";
import { SearchField, Select } from "../components/Field";
import { PageHead } from "../components/PageHead";
import { ExportButtons } from "../export/ExportButtons";
import type { Column } from "../export/table";
import { formatCount } from "../format";
import { useFollow } from "../live/useFollow";
import { HEALTH_LABEL } from "../quality";
import type { Asset } from "../wire";
import { AssetRow } from "./AssetRow";
import styles from "./Assets.module.css";
import {
  type AssetFilter,
  type AssetSort,
  formatAssetFilter,
  parseAssetFilter,
  SORTS,
  selectAssets,
} from "./assetFilter";
import { useAssets } from "./useAssets";

const CHANGES_ONLY = ["changes"] as const;
const ROW = 52;

const COLUMNS: readonly Column<Asset>[] = [
  { name: "assetId", value: (asset) => asset.assetId },
  { name: "assetName", value: (asset) => asset.assetName },
  { name: "assetType", value: (asset) => asset.assetType },
  { name: "source", value: (asset) => asset.source },
  { name: "score", value: (asset) => asset.score },
  { name: "issues", value: (asset) => asset.issues },
  { name: "activeAlerts", value: (asset) => asset.activeAlerts },
  { name: "worstSeverity", value: (asset) => asset.worstSeverity },
  { name: "firstSeen", value: (asset) => asset.firstSeen },
  { name: "lastSeen", value: (asset) => asset.lastSeen },
];

const HEALTHS = [
  { value: "", label: "Any health" },
  ...(["poor", "fair", "good", "unknown"] as const).map((health) => ({
    value: health,
    label: HEALTH_LABEL[health],
  })),
] as const;

/** Every asset in one table: searched, sorted, live. */
export function Assets() {
  useFollow(undefined, CHANGES_ONLY);
  const search = useSearch();
  const [, navigate] = useLocation();
  const filter = useMemo(() => parseAssetFilter(search), [search]);
  const { assets, loading, error, retry } = useAssets();
  const shown = useMemo(() => selectAssets(assets, filter), [assets, filter]);
  const change = (part: Partial<AssetFilter>) => {
    const query = formatAssetFilter({ ...filter, ...part });
    navigate(query ? `/assets?${query}` : "/assets", { replace: true });
  };

  return (
    <div className={styles.page}>
      <PageHead
        title="Assets"
        lead={`${formatCount(shown.length)} of ${formatCount(assets.length)} assets`}
      />
      <section className={styles.panel} aria-label="Assets">
        <div className={styles.bar}>
          <SearchField
            label="Search assets"
            placeholder="Name, id, type, source or pattern"
            value={filter.text}
            onChange={(text) => change({ text })}
          />
          <Select
            label="Health"
            value={filter.health}
            choices={HEALTHS}
            onChange={(health) => change({ health })}
          />
          <Select<AssetSort>
            label="Order"
            value={filter.sort}
            choices={SORTS}
            onChange={(sort) => change({ sort })}
          />
          <div className={styles.tools}>
            <ExportButtons name="assets" columns={COLUMNS} rows={() => shown} />
          </div>
        </div>
        {shown.length > 0 ? (
          <AssetTable assets={shown} />
        ) : loading ? (
          <Skeleton lines={10} height={26} />
        ) : error ? (
          <Failure error={error} retry={retry} />
        ) : assets.length === 0 ? (
          <FirstEvent />
        ) : (
          <EmptyState icon={<Database aria-hidden />} title="No asset matches">
            <p>{`Nothing is called ${filter.text || "that"} with this health.`}</p>
          </EmptyState>
        )}
      </section>
    </div>
  );
}

function AssetTable({ assets }: { assets: readonly Asset[] }) {
  const viewport = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: assets.length,
    getScrollElement: () => viewport.current,
    estimateSize: () => ROW,
    overscan: 10,
  });
  return (
    <div
      ref={viewport}
      className={styles.viewport}
      role="table"
      aria-label="Assets"
      aria-rowcount={assets.length + 1}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
      tabIndex={0}
    >
      <div role="rowgroup" className={styles.headGroup}>
        <div role="row" className={styles.head} aria-rowindex={1}>
          <span role="columnheader">Asset</span>
          <span role="columnheader">Score</span>
          <span role="columnheader">Change</span>
          <span role="columnheader">Recent</span>
          <span role="columnheader">Issues</span>
          <span role="columnheader">Alerts</span>
          <span role="columnheader">Last seen</span>
        </div>
      </div>
      <div role="rowgroup" className={styles.rows} style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((item) => {
          const asset = assets[item.index];
          return (
            asset && (
              <AssetRow
                key={asset.assetId}
                asset={asset}
                index={item.index + 2}
                start={item.start}
              />
            )
          );
        })}
      </div>
    </div>
  );
}

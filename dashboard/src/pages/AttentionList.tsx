import { Link } from "wouter";
import { assetHref } from "../app/routes";
import { SeverityBadge } from "../components/Badge";
import { Card } from "../components/Card";
import { EmptyState, Failure, Skeleton } from "../components/Feedback";
import { MoreLink } from "../components/MoreLink";
import { ScoreBar } from "../components/ScoreBar";
import styles from "./AttentionList.module.css";
import { useAssets } from "./useAssets";

const SHOWN = 8;

/** The assets with the lowest scores. */
export function AttentionList() {
  const { assets, loading, error, retry } = useAssets();
  const worst = assets
    .filter((asset) => asset.score != null)
    .sort((a, b) => (a.score ?? 0) - (b.score ?? 0))
    .slice(0, SHOWN);
  return (
    <Card
      title="Lowest scores"
      aside={<MoreLink href="/assets?sort=score">All assets</MoreLink>}
      flush
    >
      {worst.length > 0 ? (
        <ul>
          {worst.map((asset) => (
            <li key={asset.assetId}>
              <Link href={assetHref(asset.assetId)} className={styles.line}>
                <span className={styles.name} title={asset.assetId}>
                  {asset.assetName}
                </span>
                {asset.worstSeverity && <SeverityBadge severity={asset.worstSeverity} iconOnly />}
                <ScoreBar score={asset.score} />
              </Link>
            </li>
          ))}
        </ul>
      ) : loading ? (
        <Skeleton lines={5} height={24} />
      ) : error ? (
        <Failure error={error} retry={retry} />
      ) : (
        <EmptyState title="No scores yet" />
      )}
    </Card>
  );
}

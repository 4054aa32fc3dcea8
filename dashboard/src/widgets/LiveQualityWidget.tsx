import { RecentLine } from "../charts/RecentLine";
import { ChangeBadge, HealthBadge } from "../components/Badge";
import { Card } from "../components/Card";
import { useNow } from "../components/useNow";
import { formatCount } from "../format";
import { useSession } from "../live/context";
import { PACE, useSignal } from "../live/signal";
import { useFollow } from "../live/useFollow";
import { healthOf } from "../quality";
import { ChangeList } from "./ChangeList";
import styles from "./LiveQualityWidget.module.css";
import { ScoreRing } from "./ScoreRing";
import { useBaseline } from "./useBaseline";

interface LiveQualityWidgetProps {
  /** Recent changes shown. Default 8; 0 shows the score alone. */
  recent?: number;
  /** Address of an asset's page, for links from a change. */
  assetHref?: (assetId: string) => string;
}

/** The overall score as it moves, how it stands against before, and what moved it. */
export function LiveQualityWidget({ recent = 8, assetHref }: LiveQualityWidgetProps) {
  return (
    <Card title="Live quality">
      <Standing />
      {recent > 0 && <RecentChanges most={recent} assetHref={assetHref} />}
    </Card>
  );
}

function Standing() {
  const { overall } = useSession();
  const score = useSignal(overall.score, PACE);
  const points = useSignal(overall.recent, PACE);
  const now = useNow(1_000) / 1000;
  const health = healthOf(score);
  return (
    <div className={styles.overall}>
      <ScoreRing score={score} />
      <div className={styles.words}>
        <HealthBadge health={health} />
        <Trend score={score} />
        <AssetCount />
      </div>
      <div className={styles.recent}>
        <RecentLine points={points} now={now} tone={health} />
      </div>
    </div>
  );
}

function Trend({ score }: { score: number | null }) {
  const baseline = useBaseline();
  if (score === null || baseline === null) return null;
  return (
    <span className={styles.trend}>
      <ChangeBadge metric="score" change={score - baseline.score} /> {baseline.name}
    </span>
  );
}

function AssetCount() {
  const { overall } = useSession();
  const stats = useSignal(overall.stats);
  const error = useSignal(overall.error);
  const text = stats
    ? `Mean of ${formatCount(stats.totalAssets)} ${stats.totalAssets === 1 ? "asset" : "assets"}`
    : (error ?? "Waiting for figures");
  return <span className={styles.muted}>{text}</span>;
}

interface RecentChangesProps {
  most: number;
  assetHref: LiveQualityWidgetProps["assetHref"];
}

function RecentChanges({ most, assetHref }: RecentChangesProps) {
  const changes = useSignal(useFollow().changes, PACE);
  return (
    <>
      <h3 className={styles.subhead}>Recent changes</h3>
      <ChangeList changes={changes.slice(0, most)} assetHref={assetHref} />
    </>
  );
}

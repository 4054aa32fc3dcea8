import { ChangeBadge, HealthBadge } from "../components/Badge";
import { Card } from "../components/Card";
import { formatCount } from "../format";
import { useSession } from "../live/context";
import { useSignal } from "../live/signal";
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

/** The overall score as it moves, how it stands against yesterday, and what moved it. */
export function LiveQualityWidget({ recent = 8, assetHref }: LiveQualityWidgetProps) {
  const session = useSession();
  const follower = useFollow();
  const score = useSignal(session.overall.score);
  const stats = useSignal(session.overall.stats);
  const changes = useSignal(follower.changes);
  const baseline = useBaseline();
  const change = score !== null && baseline !== null ? score - baseline.average : null;

  return (
    <Card title="Live quality">
      <div className={styles.overall}>
        <ScoreRing score={score} />
        <div className={styles.words}>
          <HealthBadge health={healthOf(score)} />
          {change !== null && (
            <span className={styles.trend}>
              <ChangeBadge metric="score" change={change} /> against {baseline?.name}
            </span>
          )}
          <span className={styles.muted}>
            {stats ? `Mean of ${formatCount(stats.totalAssets)} assets` : "Waiting for figures"}
          </span>
        </div>
      </div>
      {recent > 0 && (
        <>
          <h3 className={styles.subhead}>Recent changes</h3>
          <ChangeList changes={changes.slice(0, recent)} assetHref={assetHref} />
        </>
      )}
    </Card>
  );
}

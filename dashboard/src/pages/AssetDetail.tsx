import { useQuery } from "@tanstack/react-query";
import { BellOff, Database, Pencil } from "lucide-react";
import { useMemo, useState } from "react";
import { Link, useParams } from "wouter";
import { ChangeBadge, HealthBadge, SeverityBadge, StatusBadge } from "../components/Badge";
import { Button, IconButton } from "../components/Button";
import { Card, Figure, Figures } from "../components/Card";
import { EmptyState, ErrorBoundary, Failure, Skeleton } from "../components/Feedback";
import { MoreLink } from "../components/MoreLink";
import { PageHead } from "../components/PageHead";
import { useNow } from "../components/useNow";
import { formatAgo, formatCount, formatMessage, formatScore, formatTime, later } from "../format";
import { useSession } from "../live/context";
import { PACE, useSignal } from "../live/signal";
import { useFollow } from "../live/useFollow";
import { healthOf } from "../quality";
import { cache } from "../rest/cache";
import { Problem } from "../rest/client";
import { getAsset } from "../rest/quality";
import { getOwners } from "../rest/routing";
import { type AlertFilter, NO_FILTER } from "../widgets/alertFilter";
import { ChangeList } from "../widgets/ChangeList";
import { QualityMetricsChart } from "../widgets/QualityMetricsChart";
import { SilenceDialog } from "../widgets/SilenceDialog";
import { exactly } from "../widgets/silences";
import { useAlerts } from "../widgets/useAlerts";
import { useMayStep } from "../widgets/useMayStep";
import { useRouting } from "../widgets/useRouting";
import type { Alert, Asset } from "../wire";
import styles from "./AssetDetail.module.css";
import { DimensionsCard } from "./DimensionsCard";
import { OwnerDialog } from "./OwnerDialog";
import { ownerOf } from "./owners";
import { ThresholdsCard } from "./ThresholdsCard";
import { useLiveAsset } from "./useLiveAsset";

/** One asset: how it stands, how it came there, and what is wrong with it. */
export function AssetDetail() {
  const { id = "" } = useParams<{ id: string }>();
  const { endpoint } = useSession();
  const { data, error, refetch } = useQuery(
    {
      queryKey: ["asset", endpoint, id],
      queryFn: ({ signal }) => getAsset(endpoint, id, signal),
      refetchInterval: 30_000,
    },
    cache,
  );
  if (error instanceof Problem && error.status === 404) return <UnknownAsset id={id} />;
  if (error && !data) return <Failure error={error} retry={() => void refetch()} />;
  return <KnownAsset key={id} id={id} asset={data ?? null} />;
}

function UnknownAsset({ id }: { id: string }) {
  return (
    <>
      <PageHead title={id} />
      <EmptyState icon={<Database aria-hidden />} title="Nothing is known of this asset">
        <p>No event of it has come in, or you may not see it.</p>
        <p>
          <MoreLink href="/assets">All assets</MoreLink>
        </p>
      </EmptyState>
    </>
  );
}

function KnownAsset({ id, asset }: { id: string; asset: Asset | null }) {
  return (
    <>
      <Head id={id} asset={asset} />
      <div className={styles.grid}>
        <div className={styles.wide}>
          <Standing id={id} asset={asset} />
        </div>
        <div className={styles.wide}>
          <ErrorBoundary>
            <QualityMetricsChart assetId={id} initialRange="7d" />
          </ErrorBoundary>
        </div>
        <ErrorBoundary>
          <AssetAlerts id={id} />
        </ErrorBoundary>
        <div className={styles.side}>
          <ErrorBoundary>
            <DimensionsCard assetId={id} />
          </ErrorBoundary>
          <RecentChanges id={id} />
          <ErrorBoundary>
            <ThresholdsCard assetId={id} />
          </ErrorBoundary>
        </div>
      </div>
    </>
  );
}

function Head({ id, asset }: { id: string; asset: Asset | null }) {
  const facts = [asset?.assetType, asset?.source].filter(Boolean).join(" · ");
  return (
    <PageHead
      title={asset?.assetName ?? id}
      lead={
        <>
          <Link href="/assets" className={styles.crumb}>
            Assets
          </Link>
          <span className={styles.id}>{id}</span>
          {facts}
        </>
      }
      actions={<Silence id={id} />}
    />
  );
}

function Silence({ id }: { id: string }) {
  const mayStep = useMayStep();
  const [open, setOpen] = useState(false);
  if (!mayStep) return null;
  return (
    <>
      <Button icon={<BellOff aria-hidden />} onClick={() => setOpen(true)}>
        Silence this asset
      </Button>
      {open && (
        <SilenceDialog proposal={{ assetPattern: exactly(id) }} onClose={() => setOpen(false)} />
      )}
    </>
  );
}

function Standing({ id, asset }: { id: string; asset: Asset | null }) {
  const live = useLiveAsset(id);
  const active = useActiveAlerts(id) ?? asset?.activeAlerts;
  const now = useNow(1_000);
  const reading = live?.readings.score;
  const score = reading?.value ?? asset?.score ?? null;
  const issues = live?.readings.issues?.value ?? asset?.issues;
  const seen = live && asset ? later(live.timestamp, asset.lastSeen) : asset?.lastSeen;
  return (
    <Card>
      <Figures>
        <Figure
          label="Score"
          value={
            <span className={styles.score} data-testid="asset-score">
              {formatScore(score)}
              {reading?.previous != null && (
                <ChangeBadge metric="score" change={reading.value - reading.previous} />
              )}
            </span>
          }
        />
        <Figure label="Health" value={<HealthBadge health={healthOf(score)} />} />
        <Figure label="Open issues" value={formatCount(issues)} />
        <Figure label="Active alerts" value={formatCount(active)} />
        <Figure
          label="Last seen"
          value={
            seen ? (
              <time dateTime={seen} title={formatTime(seen)}>
                {formatAgo(seen, now)}
              </time>
            ) : (
              "–"
            )
          }
        />
        <OwnerFigure id={id} />
      </Figures>
    </Card>
  );
}

function OwnerFigure({ id }: { id: string }) {
  const { data: owners } = useRouting("owners", getOwners);
  const mayStep = useMayStep();
  const [editing, setEditing] = useState(false);
  const owner = owners && ownerOf(owners, id);
  return (
    <Figure
      label="Owner"
      note={owner && owner.assetPattern !== exactly(id) && `of ${owner.assetPattern}`}
      value={
        <span className={styles.owner}>
          {owners ? (owner?.owner ?? "Nobody yet") : "–"}
          {mayStep && owners && (
            <IconButton size="s" label="Change the owner" onClick={() => setEditing(true)}>
              <Pencil aria-hidden />
            </IconButton>
          )}
          {editing && owners && (
            <OwnerDialog
              owners={owners}
              before={owners.find(({ assetPattern }) => assetPattern === exactly(id))}
              assetPattern={exactly(id)}
              onClose={() => setEditing(false)}
            />
          )}
        </span>
      }
    />
  );
}

/** Active alerts of an asset; undefined while not all are known here. */
function useActiveAlerts(id: string): number | undefined {
  const session = useSession();
  const complete = useSignal(session.alertsComplete);
  const known = useSignal(session.alerts.list);
  return useMemo(
    () =>
      complete
        ? known.filter(({ assetId, status }) => assetId === id && status === "active").length
        : undefined,
    [complete, known, id],
  );
}

const SHOWN_CHANGES = 8;

function RecentChanges({ id }: { id: string }) {
  const follower = useFollow(useMemo(() => [id], [id]));
  const changes = useSignal(follower.changes, PACE);
  return (
    <Card title="Recent changes">
      <ChangeList changes={changes.slice(0, SHOWN_CHANGES)} named={false} />
    </Card>
  );
}

const SHOWN_ALERTS = 12;

function AssetAlerts({ id }: { id: string }) {
  const filter = useMemo<AlertFilter>(
    () => ({ ...NO_FILTER, view: "all", asset: exactly(id) }),
    [id],
  );
  const { alerts, loading, error, retry } = useAlerts(filter);
  const here = `/alerts?view=all&asset=${encodeURIComponent(exactly(id))}`;
  return (
    <Card title="Alerts" aside={<MoreLink href={here}>All of this asset</MoreLink>} flush>
      {alerts.length > 0 ? (
        <ul>
          {alerts.slice(0, SHOWN_ALERTS).map((alert) => (
            <AlertLine key={alert.id} alert={alert} href={`${here}&alert=${alert.id}`} />
          ))}
        </ul>
      ) : loading ? (
        <Skeleton lines={4} height={26} />
      ) : error ? (
        <Failure error={error} retry={retry} />
      ) : (
        <EmptyState title="No alert yet">
          <p>This asset has given no reason for one.</p>
        </EmptyState>
      )}
    </Card>
  );
}

function AlertLine({ alert, href }: { alert: Alert; href: string }) {
  const now = useNow(5_000);
  return (
    <li>
      <Link href={href} className={styles.alert}>
        <SeverityBadge severity={alert.severity} />
        <strong>{formatMessage(alert.message)}</strong>
        <StatusBadge status={alert.status} />
        <time dateTime={alert.timestamp} title={formatTime(alert.timestamp)}>
          {formatAgo(alert.timestamp, now)}
        </time>
      </Link>
    </li>
  );
}

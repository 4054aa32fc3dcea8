import { useCallback, useMemo } from "react";
import { useLocation, useSearch } from "wouter";
import { assetHref } from "../app/routes";
import { PageHead } from "../components/PageHead";
import { type AlertFilter, formatFilter, parseFilter } from "../widgets/alertFilter";
import { RealtimeAlertsPanel } from "../widgets/RealtimeAlertsPanel";
import styles from "./Alerts.module.css";

/** The alerts panel with its filter and its open alert in the URL. */
export function Alerts() {
  const search = useSearch();
  const [, navigate] = useLocation();
  const filter = useMemo(() => parseFilter(search), [search]);
  const open = new URLSearchParams(search).get("alert");

  const show = useCallback(
    (next: AlertFilter, alert: string | null, replace: boolean) => {
      const params = new URLSearchParams(formatFilter(next));
      if (alert) params.set("alert", alert);
      const query = params.toString();
      navigate(query ? `/alerts?${query}` : "/alerts", { replace });
    },
    [navigate],
  );
  const onFilterChange = useCallback((next: AlertFilter) => show(next, open, true), [show, open]);
  const onOpenAlert = useCallback(
    (alert: string | null) => show(filter, alert, alert === null),
    [show, filter],
  );

  return (
    <div className={styles.page}>
      <PageHead title="Alerts" />
      <RealtimeAlertsPanel
        filter={filter}
        onFilterChange={onFilterChange}
        openAlert={open}
        onOpenAlert={onOpenAlert}
        assetHref={assetHref}
      />
    </div>
  );
}

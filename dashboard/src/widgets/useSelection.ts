import { useCallback, useEffect, useMemo, useState } from "react";
import type { Alert } from "../wire";
import type { Alerts } from "./useAlerts";

export interface Selection {
  ids: ReadonlySet<string>;
  /** The selected alerts that are shown. */
  chosen: readonly Alert[];
  select: (id: string, selected: boolean) => void;
  selectShown: (selected: boolean) => void;
  /** Get the rest of what matches, and select it, too. */
  selectAll: () => void;
  selectingAll: boolean;
  clear: () => void;
}

const NONE: ReadonlySet<string> = new Set();
const NOTHING: readonly Alert[] = [];

/** Which of the alerts found are selected. */
export function useSelection({ alerts, hasMore, loadAll }: Alerts): Selection {
  const [ids, setIds] = useState(NONE);
  const [selectingAll, setSelectingAll] = useState(false);

  // What is loaded while all is being selected is selected with it.
  useEffect(() => {
    if (!selectingAll) return;
    setIds(idsOf(alerts));
    if (!hasMore) setSelectingAll(false);
  }, [selectingAll, alerts, hasMore]);

  const select = useCallback((id: string, selected: boolean) => {
    setIds((before) => {
      const after = new Set(before);
      if (selected) after.add(id);
      else after.delete(id);
      return after;
    });
  }, []);

  return {
    ids,
    chosen: useMemo(
      () => (ids.size ? alerts.filter(({ id }) => ids.has(id)) : NOTHING),
      [alerts, ids],
    ),
    select,
    selectShown: (selected) => setIds(selected ? idsOf(alerts) : NONE),
    selectAll: () => {
      setSelectingAll(true);
      void loadAll().then((all) => all || setSelectingAll(false));
    },
    selectingAll,
    clear: useCallback(() => setIds(NONE), []),
  };
}

function idsOf(alerts: readonly Alert[]): ReadonlySet<string> {
  return new Set(alerts.map(({ id }) => id));
}

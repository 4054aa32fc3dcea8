import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowUp } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import type { Step } from "../live/lifecycle";
import type { Alert } from "../wire";
import styles from "./AlertList.module.css";
import { AlertRow } from "./AlertRow";
import { useArrivals } from "./useArrivals";
import { useListCursor } from "./useListCursor";
import { useSteadyScroll } from "./useSteadyScroll";

interface AlertListProps {
  alerts: readonly Alert[];
  selection: ReadonlySet<string>;
  /** Alerts that came in while the list was shown. */
  isFresh: (id: string) => boolean;
  /** Steps the caller may take with an alert; the same list for the same status. */
  stepsOf: (alert: Alert) => readonly Step[];
  onSelect: (id: string, selected: boolean) => void;
  onOpen: (id: string) => void;
  onStep: (step: Step, ids: readonly string[]) => void;
  /** The end of the list has come near. */
  onEnd: () => void;
}

const ROW = 56;
const TALL_ROW = 100;
const NARROW = 640;
const KEY_STEP: Partial<Record<string, Step>> = { a: "acknowledge", r: "resolve", i: "ignore" };

/** Any number of alerts: only the rows in view are in the page. */
export function AlertList(props: AlertListProps) {
  const { selection, isFresh, stepsOf, onSelect, onOpen, onStep, onEnd } = props;
  const { shown: alerts, waiting, readAt } = useArrivals(props.alerts);
  const viewport = useRef<HTMLDivElement>(null);
  const rowHeight = useRowHeight(viewport);
  const cursor = useListCursor(alerts);
  const rows = useVirtualizer({
    count: alerts.length,
    getScrollElement: () => viewport.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: measured anew when rows change height
  useEffect(() => rows.measure(), [rowHeight]);

  const offset = rows.scrollOffset ?? 0;
  readAt(offset < rowHeight / 2);
  useSteadyScroll(alerts, { viewport, rowHeight, offset });
  const visible = rows.getVirtualItems();
  const last = visible.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= alerts.length - 20) onEnd();
  }, [last, alerts.length, onEnd]);

  const move = (by: number) => rows.scrollToIndex(cursor.moveTo(cursor.index + by));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const alert = alerts[cursor.index];
    const actions: Partial<Record<string, () => void>> = {
      j: () => move(1),
      ArrowDown: () => move(1),
      k: () => move(-1),
      ArrowUp: () => move(-1),
      x: () => alert && onSelect(alert.id, !selection.has(alert.id)),
      o: () => alert && onOpen(alert.id),
    };
    // On a button or a box in the row, Enter is theirs.
    if (event.target === event.currentTarget) actions.Enter = actions.o;
    const step = KEY_STEP[event.key];
    if (step && alert && stepsOf(alert).includes(step)) onStep(step, [alert.id]);
    else if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]?.();
  };

  return (
    <div className={styles.frame}>
      {waiting > 0 && (
        <button type="button" className={styles.above} onClick={() => rows.scrollToIndex(0)}>
          <ArrowUp aria-hidden />
          {waiting === 1 ? "1 new alert" : `${waiting} new alerts`}
        </button>
      )}
      <div
        ref={viewport}
        className={styles.viewport}
        role="group"
        aria-label={`${alerts.length} alerts. J and K move, O opens, A acknowledges, R resolves, I ignores, X selects.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and takes the keys above
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <ul style={{ height: rows.getTotalSize() }} className={styles.list}>
          {visible.map((item) => {
            const alert = alerts[item.index];
            return (
              alert && (
                <li
                  key={alert.id}
                  aria-setsize={alerts.length}
                  aria-posinset={item.index + 1}
                  style={{ transform: `translateY(${item.start}px)`, height: item.size }}
                  data-alert={alert.id}
                >
                  <AlertRow
                    alert={alert}
                    selected={selection.has(alert.id)}
                    current={item.index === cursor.index}
                    fresh={isFresh(alert.id)}
                    steps={stepsOf(alert)}
                    onSelect={onSelect}
                    onOpen={onOpen}
                    onStep={onStep}
                  />
                </li>
              )
            );
          })}
        </ul>
      </div>
    </div>
  );
}

function useRowHeight(viewport: React.RefObject<HTMLDivElement | null>): number {
  const [height, setHeight] = useState(ROW);
  useEffect(() => {
    const element = viewport.current;
    if (!element) return;
    const observer = new ResizeObserver(() =>
      setHeight(element.clientWidth < NARROW ? TALL_ROW : ROW),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [viewport]);
  return height;
}

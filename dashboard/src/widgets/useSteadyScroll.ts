import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";

interface Anchor {
  id: string;
  index: number;
}

interface SteadyScroll {
  /** Items that came in above since the reader left the top. */
  above: number;
  toTop: () => void;
}

/** Keeps the rows in view where they are while others come in above them. */
export function useSteadyScroll(
  viewport: RefObject<HTMLElement | null>,
  items: readonly { id: string }[],
  rowHeight: number,
): SteadyScroll {
  const [above, setAbove] = useState(0);
  const anchor = useRef<Anchor | null>(null);
  const latest = useRef(items);

  useLayoutEffect(() => {
    latest.current = items;
    const element = viewport.current;
    if (!element) return;
    const held = anchor.current;
    const index = held ? items.findIndex(({ id }) => id === held.id) : -1;
    if (held && index !== -1 && index !== held.index) {
      element.scrollTop += (index - held.index) * rowHeight;
      setAbove((before) => Math.max(0, before + index - held.index));
    }
    anchor.current = anchorOf(element, items, rowHeight);
  }, [viewport, items, rowHeight]);

  useEffect(() => {
    const element = viewport.current;
    if (!element) return;
    const onScroll = () => {
      anchor.current = anchorOf(element, latest.current, rowHeight);
      if (!anchor.current) setAbove(0);
    };
    element.addEventListener("scroll", onScroll, { passive: true });
    return () => element.removeEventListener("scroll", onScroll);
  }, [viewport, rowHeight]);

  return { above, toTop: () => viewport.current?.scrollTo({ top: 0, behavior: "smooth" }) };
}

/** The uppermost row that is wholly in view; none at the top, where new ones are to be seen. */
function anchorOf(
  element: HTMLElement,
  items: readonly { id: string }[],
  rowHeight: number,
): Anchor | null {
  if (element.scrollTop < rowHeight / 2) return null;
  const index = Math.min(Math.ceil(element.scrollTop / rowHeight), items.length - 1);
  const item = items[index];
  return item ? { id: item.id, index } : null;
}

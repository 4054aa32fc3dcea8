import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";

interface Scrolled {
  viewport: RefObject<HTMLElement | null>;
  rowHeight: number;
  /** How far it is scrolled, px: known without asking the page, which would lay it out first. */
  offset: number;
}

/**
 * Keeps the rows in view where they are while others come in above them.
 *
 * Returns how many came in above since the reader left the top.
 */
export function useSteadyScroll(items: readonly { id: string }[], scrolled: Scrolled): number {
  const { viewport, rowHeight, offset } = scrolled;
  const atTop = offset < rowHeight / 2;
  const [above, setAbove] = useState(0);
  const before = useRef(items);

  useLayoutEffect(() => {
    const element = viewport.current;
    const shown = before.current;
    before.current = items;
    if (!element || shown === items || atTop) return;
    const first = Math.ceil(offset / rowHeight);
    const held = shown[first]?.id;
    const index = items.findIndex(({ id }) => id === held);
    if (index === -1 || index === first) return;
    element.scrollTop = offset + (index - first) * rowHeight;
    setAbove((count) => Math.max(0, count + index - first));
  }, [viewport, items, rowHeight, offset, atTop]);

  useEffect(() => {
    if (atTop) setAbove(0);
  }, [atTop]);
  return atTop ? 0 : above;
}

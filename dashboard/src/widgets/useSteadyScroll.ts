import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";

interface Scrolled {
  viewport: RefObject<HTMLElement | null>;
  rowHeight: number;
  /** Whether the first row is in view. */
  atTop: boolean;
}

/**
 * Keeps the rows in view where they are while others come in above them.
 *
 * Returns how many came in above since the reader left the top.
 */
export function useSteadyScroll(items: readonly { id: string }[], scrolled: Scrolled): number {
  const { viewport, rowHeight, atTop } = scrolled;
  const [above, setAbove] = useState(0);
  const before = useRef(items);

  useLayoutEffect(() => {
    const element = viewport.current;
    const shown = before.current;
    before.current = items;
    if (!element || shown === items) return;
    const first = Math.ceil(element.scrollTop / rowHeight);
    const held = shown[first]?.id;
    const index = first > 0 ? items.findIndex(({ id }) => id === held) : -1;
    if (index === -1 || index === first) return;
    element.scrollTop += (index - first) * rowHeight;
    setAbove((count) => Math.max(0, count + index - first));
  }, [viewport, items, rowHeight]);

  useEffect(() => {
    if (atTop) setAbove(0);
  }, [atTop]);
  return atTop ? 0 : above;
}

import { type RefObject, useLayoutEffect, useRef } from "react";

interface Scrolled {
  viewport: RefObject<HTMLElement | null>;
  rowHeight: number;
  /** How far it is scrolled, px: known without asking the page, which would lay it out first. */
  offset: number;
}

/** Keeps the rows in view where they are while others above them come and go. */
export function useSteadyScroll(items: readonly { id: string }[], scrolled: Scrolled): void {
  const { viewport, rowHeight, offset } = scrolled;
  const before = useRef(items);

  useLayoutEffect(() => {
    const element = viewport.current;
    const shown = before.current;
    before.current = items;
    const first = Math.ceil(offset / rowHeight);
    const held = shown[first]?.id;
    if (!element || first === 0 || items[first]?.id === held) return;
    const index = items.findIndex(({ id }) => id === held);
    if (index !== -1) element.scrollTop += (index - first) * rowHeight;
  }, [viewport, items, rowHeight, offset]);
}

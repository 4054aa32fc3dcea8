import { useEffect, useMemo, useState } from "react";

interface Cursor {
  id: string;
  index: number;
}

/**
 * The row the keys act on: it stays with its item however the list moves about it and,
 * when the item goes, passes to the one that takes its place.
 */
export function useListCursor(items: readonly { id: string }[]) {
  const [cursor, setCursor] = useState<Cursor | null>(null);
  const index = useMemo(() => indexOf(cursor, items), [cursor, items]);
  const id = items[index]?.id;

  useEffect(() => {
    setCursor((before) => (before && id !== undefined ? { id, index } : before));
  }, [id, index]);

  const moveTo = (to: number): number => {
    const next = Math.min(Math.max(to, 0), items.length - 1);
    const item = items[next];
    if (item) setCursor({ id: item.id, index: next });
    return next;
  };
  return { index, moveTo };
}

function indexOf(cursor: Cursor | null, items: readonly { id: string }[]): number {
  if (!cursor) return -1;
  if (items[cursor.index]?.id === cursor.id) return cursor.index;
  const found = items.findIndex(({ id }) => id === cursor.id);
  return found === -1 ? Math.min(cursor.index, items.length - 1) : found;
}

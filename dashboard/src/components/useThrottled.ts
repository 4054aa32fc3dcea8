import { useEffect, useRef, useState } from "react";

/** A value that changes at most every `interval` ms: the first change at once, the last always. */
export function useThrottled<T>(value: T, interval: number): T {
  const [shown, setShown] = useState(value);
  const shownAt = useRef(0);
  useEffect(() => {
    const wait = shownAt.current + interval - Date.now();
    const show = () => {
      shownAt.current = Date.now();
      setShown(() => value);
    };
    const timer = setTimeout(show, Math.max(0, wait));
    return () => clearTimeout(timer);
  }, [value, interval]);
  return shown;
}

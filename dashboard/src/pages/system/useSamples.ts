import { useEffect, useState } from "react";

export interface Sample<T> {
  /** Seconds since the epoch. */
  time: number;
  value: T;
}

const MOST_SAMPLES = 200;

/** What a figure that is asked for again and again was since the page was opened, oldest first. */
export function useSamples<T>(value: T | undefined, at: number): readonly Sample<T>[] {
  const [samples, setSamples] = useState<readonly Sample<T>[]>([]);
  useEffect(() => {
    if (value === undefined) return;
    const sample = { time: at / 1000, value };
    setSamples((before) => [...before, sample].slice(-MOST_SAMPLES));
  }, [value, at]);
  return samples;
}

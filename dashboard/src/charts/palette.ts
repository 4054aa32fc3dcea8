/** Colours for the canvas, which cannot read CSS variables by itself. */

/** The design system's variable of each colour. */
export const VARIABLE = {
  text: "--tm-text",
  muted: "--tm-muted",
  grid: "--tm-line",
  surface: "--tm-surface",
  accent: "--tm-accent",
  forecast: "--tm-series-4",
  issues: "--tm-high",
  series1: "--tm-series-1",
  series2: "--tm-series-2",
  series3: "--tm-series-3",
  series4: "--tm-series-4",
  series5: "--tm-series-5",
  series6: "--tm-series-6",
  series7: "--tm-series-7",
} as const;

export type Palette = Record<keyof typeof VARIABLE, string>;

/** Resolve the design system's colours in the theme that holds at `host`. */
export function paletteAt(host: HTMLElement): Palette {
  const probe = document.createElement("span");
  // Where a style sheet shortens every transition instead of dropping it, as for reduced
  // motion, the computed colour would be the one that the transition starts from.
  probe.style.setProperty("transition", "none", "important");
  host.append(probe);
  const resolve = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const palette = Object.fromEntries(
    Object.entries(VARIABLE).map(([key, name]) => [key, resolve(name)]),
  ) as Palette;
  probe.remove();
  return palette;
}

/** The same colour, let through to `alpha` 0-1. Takes `rgb(...)`, as browsers resolve colours. */
export function translucent(color: string, alpha: number): string {
  return color.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`);
}

/** Calls back whenever the theme may have changed; returns how to stop. */
export function onThemeChange(callback: () => void): () => void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", callback);
  const observer = new MutationObserver(callback);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return () => {
    system.removeEventListener("change", callback);
    observer.disconnect();
  };
}

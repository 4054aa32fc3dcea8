/** Light, dark or as the system has it; remembered on this device. */
import { Signal } from "../live/signal";

export type Theme = "system" | "light" | "dark";

const KEY = "tidemark.theme";

function remembered(): Theme {
  const chosen = document.documentElement.dataset.theme;
  return chosen === "light" || chosen === "dark" ? chosen : "system";
}

export const theme = new Signal<Theme>(remembered());

export function chooseTheme(chosen: Theme): void {
  const root = document.documentElement;
  if (chosen === "system") delete root.dataset.theme;
  else root.dataset.theme = chosen;
  try {
    if (chosen === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, chosen);
  } catch {
    // Storage is refused: the choice lasts as long as the page.
  }
  theme.set(chosen);
}

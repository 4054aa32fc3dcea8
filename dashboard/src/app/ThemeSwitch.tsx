import { Monitor, Moon, Sun } from "lucide-react";
import { IconButton } from "../components/Button";
import { useSignal } from "../live/signal";
import { chooseTheme, type Theme, theme } from "./theme";

const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const ICON = { system: Monitor, light: Sun, dark: Moon } as const;
const LABEL: Record<Theme, string> = {
  system: "Theme: as the system",
  light: "Theme: light",
  dark: "Theme: dark",
};

export function ThemeSwitch() {
  const current = useSignal(theme);
  const Icon = ICON[current];
  return (
    <IconButton label={LABEL[current]} onClick={() => chooseTheme(NEXT[current])}>
      <Icon aria-hidden />
    </IconButton>
  );
}

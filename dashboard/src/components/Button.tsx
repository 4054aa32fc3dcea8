import type { ButtonHTMLAttributes, ReactNode } from "react";
import styles from "./Button.module.css";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: "plain" | "primary" | "quiet" | "danger";
  size?: "m" | "s";
  icon?: ReactNode;
}

export function Button({
  look = "plain",
  size = "m",
  icon,
  className = "",
  children,
  ...rest
}: ButtonProps) {
  const names = [styles.button, styles[look], size === "s" ? styles.small : "", className];
  return (
    <button type="button" {...rest} className={names.join(" ")}>
      {icon}
      {children}
    </button>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** What it does: read aloud, and shown on hover. */
  label: string;
  size?: "m" | "s";
}

export function IconButton({
  label,
  size = "m",
  className = "",
  children,
  ...rest
}: IconButtonProps) {
  const names = [
    styles.button,
    styles.quiet,
    styles.icon,
    size === "s" ? styles.small : "",
    className,
  ];
  return (
    <button type="button" {...rest} aria-label={label} title={label} className={names.join(" ")}>
      {children}
    </button>
  );
}

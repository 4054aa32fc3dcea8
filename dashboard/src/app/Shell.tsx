import { Activity, BellRing, Database, LayoutDashboard, OctagonAlert } from "lucide-react";
import type { MouseEvent, ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { ErrorBoundary } from "../components/Feedback";
import { Toaster } from "../components/Toaster";
import { ConnectionBanner } from "./ConnectionBanner";
import { LiveChip } from "./LiveChip";
import styles from "./Shell.module.css";
import { SignOut } from "./SignOut";
import { ThemeSwitch } from "./ThemeSwitch";

const PAGES = [
  { href: "/", label: "Overview", Icon: LayoutDashboard },
  { href: "/alerts", label: "Alerts", Icon: OctagonAlert },
  { href: "/assets", label: "Assets", Icon: Database },
  { href: "/notifications", label: "Notifications", Icon: BellRing },
  { href: "/system", label: "System", Icon: Activity },
] as const;

interface ShellProps {
  /** Shown beside "Alerts" in the navigation. */
  openAlerts: number | null;
  children: ReactNode;
}

/** What stays on the screen from page to page. */
export function Shell({ openAlerts, children }: ShellProps) {
  const [path, navigate] = useLocation();
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only routes the clicks of its links
    // biome-ignore lint/a11y/useKeyWithClickEvents: links are clicked by Enter, too
    <div className={styles.shell} onClick={(event) => followLink(event, navigate)}>
      <a href="#main" className={styles.skip}>
        Skip to content
      </a>
      <aside className={styles.side}>
        <Link href="/" className={styles.brand}>
          <img src="/favicon.svg" alt="" width={26} height={26} />
          Tidemark
        </Link>
        <nav aria-label="Pages" className={styles.nav}>
          {PAGES.map(({ href, label, Icon }) => (
            <Link
              key={href}
              href={href}
              aria-current={isWithin(path, href) ? "page" : undefined}
              className={styles.link}
            >
              <Icon aria-hidden />
              <span className={styles.label}>{label}</span>
              {href === "/alerts" && openAlerts !== null && openAlerts > 0 && (
                <span className={styles.count} role="img" aria-label={`${openAlerts} open`}>
                  {openAlerts > 999 ? "999+" : openAlerts}
                </span>
              )}
            </Link>
          ))}
        </nav>
        <div className={styles.foot}>
          <LiveChip />
          <span className={styles.tools}>
            <SignOut />
            <ThemeSwitch />
          </span>
        </div>
      </aside>
      <div className={styles.content}>
        <ConnectionBanner />
        <main id="main" tabIndex={-1} className={styles.main}>
          <ErrorBoundary key={path}>{children}</ErrorBoundary>
        </main>
      </div>
      <Toaster />
    </div>
  );
}

/** Links of the embeddable widgets know no router: keep them within this page. */
function followLink(event: MouseEvent, navigate: (href: string) => void): void {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
  if (!link?.href || !plain || event.defaultPrevented || link.target || link.download) return;
  if (link.origin !== window.location.origin) return;
  if (link.hash && link.pathname === window.location.pathname) return;
  event.preventDefault();
  navigate(link.pathname + link.search);
}

function isWithin(path: string, href: string): boolean {
  return href === "/" ? path === "/" : path === href || path.startsWith(`${href}/`);
}

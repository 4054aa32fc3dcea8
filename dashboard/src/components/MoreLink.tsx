import { ArrowRight } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import styles from "./MoreLink.module.css";

/** Leads from an excerpt to the whole. */
export function MoreLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Link href={href} className={styles.more}>
      {children} <ArrowRight aria-hidden />
    </Link>
  );
}

import { Compass } from "lucide-react";
import { Link } from "wouter";
import { EmptyState } from "../components/Feedback";
import { PageHead } from "../components/PageHead";

export function NotFound() {
  return (
    <>
      <PageHead title="Not found" />
      <EmptyState icon={<Compass aria-hidden />} title="There is no such page">
        <p>
          <Link href="/">Go to the overview</Link>
        </p>
      </EmptyState>
    </>
  );
}

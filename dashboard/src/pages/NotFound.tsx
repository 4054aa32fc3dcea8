import { Compass } from "lucide-react";
import { EmptyState } from "../components/Feedback";
import { MoreLink } from "../components/MoreLink";
import { PageHead } from "../components/PageHead";

export function NotFound() {
  return (
    <>
      <PageHead title="Not found" />
      <EmptyState icon={<Compass aria-hidden />} title="There is no such page">
        <p>
          <MoreLink href="/">Go to the overview</MoreLink>
        </p>
      </EmptyState>
    </>
  );
}

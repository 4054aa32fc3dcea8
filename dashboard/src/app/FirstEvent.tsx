import { Radio } from "lucide-react";
import { CopyBlock } from "../components/CopyBlock";
import { EmptyState } from "../components/Feedback";
import { useSession } from "../live/context";
import { firstEventCommand } from "./firstEvent";

/** Nothing has been measured yet: how to send the first event. */
export function FirstEvent() {
  const { endpoint } = useSession();
  return (
    <EmptyState icon={<Radio aria-hidden />} title="Waiting for the first event">
      <p>
        Send a quality score from anywhere. The asset appears here within a second, and alerts
        follow when it drops.
      </p>
      <CopyBlock text={firstEventCommand(endpoint.base)} />
      <p>Nothing of your own at hand? Replay a year of checked flight data:</p>
      <CopyBlock text="tidemark feed sample" />
    </EmptyState>
  );
}

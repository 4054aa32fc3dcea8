import { useCallback } from "react";
import { toast } from "../components/toasts";
import { useSession } from "../live/context";
import { type Step, type StepDetails, takeStep } from "../live/lifecycle";
import type { LiveSession } from "../live/session";
import { STATUS_LABEL } from "../quality";
import type { AlertStatus } from "../wire";

export type TakeStep = (step: Step, ids: readonly string[], details?: StepDetails) => Promise<void>;

/** Takes steps with alerts, says so, and offers to undo them. */
export function useSteps(): TakeStep {
  const session = useSession();
  return useCallback<TakeStep>(
    async (step, ids, details) => {
      const before = new Map(ids.map((id) => [id, session.alerts.get(id)?.status ?? "active"]));
      const { done, failed } = await takeStep(session, ids, step, details);
      if (done.length) {
        toast({
          tone: "good",
          title: `${counted(done.length)} ${PAST[step]}`,
          action: {
            label: "Undo",
            run: () => void undo(session, new Map(done.map(({ id }) => [id, before.get(id)]))),
          },
        });
      }
      report(failed.map(({ error }) => error));
    },
    [session],
  );
}

const PAST: Readonly<Record<Step, string>> = {
  acknowledge: "acknowledged",
  resolve: "resolved",
  ignore: "ignored",
  reopen: "reopened",
};

/** Steps that lead back to a status from any other. */
const BACK: Readonly<Record<AlertStatus, readonly Step[]>> = {
  active: ["reopen"],
  acknowledged: ["reopen", "acknowledge"],
  ignored: ["ignore"],
  resolved: ["resolve"],
};

async function undo(
  session: LiveSession,
  before: ReadonlyMap<string, AlertStatus | undefined>,
): Promise<void> {
  for (const status of Object.keys(BACK) as AlertStatus[]) {
    const ids = [...before.keys()].filter((id) => before.get(id) === status);
    if (ids.length) await restore(session, ids, status);
  }
}

async function restore(
  session: LiveSession,
  ids: readonly string[],
  status: AlertStatus,
): Promise<void> {
  for (const step of BACK[status]) {
    const details = step === "resolve" ? { resolution: "Reopened by mistake" } : {};
    const { failed } = await takeStep(session, ids, step, details);
    if (failed.length) return report(failed.map(({ error }) => error));
  }
  toast({ title: `Back to ${STATUS_LABEL[status].toLowerCase()}` });
}

function report(errors: readonly Error[]): void {
  const [first] = errors;
  if (!first) return;
  const title =
    errors.length === 1 ? "The step was refused" : `${errors.length} steps were refused`;
  toast({ tone: "critical", title, text: first.message });
}

function counted(count: number): string {
  return count === 1 ? "Alert" : `${count} alerts`;
}

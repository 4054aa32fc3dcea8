/** Steps a person takes with alerts: shown at once, taken back where the server refuses. */
import { type Endpoint, request } from "../rest/client";
import type { Alert, AlertStatus, BulkRequest, BulkResult, StepAction } from "../wire";
import type { AlertBook } from "./alertBook";

/** Steps that change an alert's status. */
export type Step = Extract<StepAction, "acknowledge" | "resolve" | "ignore" | "reopen">;

export const STATUS_AFTER: Readonly<Record<Step, AlertStatus>> = {
  acknowledge: "acknowledged",
  resolve: "resolved",
  ignore: "ignored",
  reopen: "active",
};

const POSSIBLE: Readonly<Record<AlertStatus, readonly Step[]>> = {
  active: ["acknowledge", "resolve", "ignore"],
  acknowledged: ["resolve", "ignore", "reopen"],
  resolved: ["reopen"],
  ignored: ["reopen"],
};

/** Most alerts the edge takes in one bulk request. */
const BULK = 1_000;

export function possibleSteps(status: AlertStatus): readonly Step[] {
  return POSSIBLE[status];
}

export interface StepDetails {
  /** How it was settled; required to resolve. */
  resolution?: string;
  comment?: string;
}

export interface StepOutcome {
  done: readonly Alert[];
  failed: readonly { id: string; error: Error }[];
}

/** Where steps are taken: the alerts shown, and the edge that is asked. */
export interface StepContext {
  alerts: AlertBook;
  endpoint: Endpoint;
}

/** Take one step with each alert. Those that fail are shown as they were. */
export async function takeStep(
  { alerts, endpoint }: StepContext,
  ids: readonly string[],
  step: Step,
  details: StepDetails = {},
): Promise<StepOutcome> {
  const withdraw = alerts.draft(ids, { status: STATUS_AFTER[step], ...details });
  try {
    const outcome =
      ids.length === 1
        ? await takeOne(endpoint, ids[0] as string, step, details)
        : await takeMany(endpoint, ids, step, details);
    alerts.merge(outcome.done);
    return outcome;
  } finally {
    withdraw();
  }
}

/** Change what is not the status: comment, or assign (null takes the assignment back). */
export async function annotate(
  { alerts, endpoint }: StepContext,
  id: string,
  note: { comment: string } | { assignee: string | null },
): Promise<void> {
  const action = "assignee" in note ? "assign" : "comment";
  const withdraw = alerts.draft([id], note);
  try {
    alerts.merge([
      await post<Alert>(endpoint, `/alerts/${encodeURIComponent(id)}/${action}`, note),
    ]);
  } finally {
    withdraw();
  }
}

async function takeOne(
  endpoint: Endpoint,
  id: string,
  step: Step,
  details: StepDetails,
): Promise<StepOutcome> {
  try {
    const path = `/alerts/${encodeURIComponent(id)}/${step}`;
    return { done: [await post<Alert>(endpoint, path, details)], failed: [] };
  } catch (error) {
    return { done: [], failed: [{ id, error: error as Error }] };
  }
}

async function takeMany(
  endpoint: Endpoint,
  ids: readonly string[],
  step: Step,
  details: StepDetails,
): Promise<StepOutcome> {
  const done: Alert[] = [];
  const failed: { id: string; error: Error }[] = [];
  for (let start = 0; start < ids.length; start += BULK) {
    const part = ids.slice(start, start + BULK);
    const bulk: BulkRequest = { action: step, filter: { ids: part }, ...details };
    try {
      const result = await post<BulkResult>(endpoint, "/alerts/bulk", bulk);
      done.push(...result.changed);
      failed.push(...result.refused.map(({ id, error }) => ({ id, error: new Error(error) })));
    } catch (error) {
      failed.push(...part.map((id) => ({ id, error: error as Error })));
    }
  }
  return { done, failed };
}

/** Each post has a key of its own: sent again by the network, it is done once. */
async function post<T>(endpoint: Endpoint, path: string, body: object): Promise<T> {
  const headers = { "idempotency-key": idempotencyKey() };
  return (await request<{ data: T }>(endpoint, "POST", path, { body, headers })).data;
}

/** `crypto.randomUUID` exists on https and localhost only. */
function idempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

import { act, fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Toaster } from "../../src/components/Toaster";
import { toasts } from "../../src/components/toasts";
import { LiveProvider } from "../../src/live/context";
import { RealtimeAlertsPanel } from "../../src/widgets/RealtimeAlertsPanel";
import type { Alert, BulkRequest } from "../../src/wire";
import { FakeEdge, one, page } from "../support/fakeEdge";
import { FakeSocket } from "../support/fakeSocket";
import { afterStep, anAlert, someStats } from "../support/samples";

let edge: FakeEdge;
let serial = 0;
let user: ReturnType<typeof userEvent.setup>;

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  FakeSocket.install();
  toasts.set([]);
  edge = new FakeEdge().on("GET", "/stats", one(someStats()));
});

async function panel(alerts: Alert[]) {
  edge.on("GET", "/alerts", (asked) => {
    const statuses = asked.query.status?.split(",");
    return page(alerts.filter(({ status }) => !statuses || statuses.includes(status)));
  });
  render(
    <LiveProvider url={`http://panel-${++serial}/ws/quality`}>
      <RealtimeAlertsPanel />
      <Toaster />
    </LiveProvider>,
  );
  FakeSocket.latest.accept();
  FakeSocket.latest.say("subscribed", { subscriptions: [] }, "p0");
  await settle();
}

async function settle() {
  await act(() => vi.advanceTimersByTimeAsync(300));
}

const row = (alert: Alert) => {
  const found = document.querySelector(`[data-alert="${alert.id}"]`);
  if (!(found instanceof HTMLElement)) throw new Error(`${alert.id} is not shown`);
  return within(found);
};
const shown = () =>
  [...document.querySelectorAll("[data-alert]")].map((li) => li.getAttribute("data-alert"));

/** Alerts a second apart, oldest first. */
const ofEachSecond = (count: number) =>
  Array.from({ length: count }, (_, second) =>
    anAlert({ timestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString() }),
  );

describe("RealtimeAlertsPanel", () => {
  it("says that all is quiet where nothing is active", async () => {
    await panel([]);
    expect(screen.getByText("All quiet")).toBeInTheDocument();
  });

  it("shows severity by word, and adds what arrives on top", async () => {
    const there = anAlert({ severity: "high", timestamp: "2026-01-01T00:00:00Z" });
    await panel([there]);
    expect(row(there).getByText("High")).toBeInTheDocument();
    const fresh = anAlert({ timestamp: "2026-01-02T00:00:00Z" });
    FakeSocket.latest.say("alert", fresh);
    await settle();
    expect(shown()).toEqual([fresh.id, there.id]);
  });

  it("acknowledges at once, and lets it be undone", async () => {
    const alert = anAlert();
    const acknowledged = afterStep(alert, { status: "acknowledged" });
    edge.on("POST", `/alerts/${alert.id}/acknowledge`, one(acknowledged));
    edge.on(
      "POST",
      `/alerts/${alert.id}/reopen`,
      one(afterStep(alert, { status: "active", changedAt: "2026-01-01T00:20:00Z" })),
    );
    await panel([alert]);
    await user.click(row(alert).getByRole("button", { name: "Acknowledge" }));
    await settle();
    expect(shown()).toEqual([]);
    await user.click(screen.getByRole("button", { name: "Undo" }));
    await settle();
    expect(shown()).toEqual([alert.id]);
    expect(edge.of("POST", `/alerts/${alert.id}/reopen`)).toHaveLength(1);
  });

  it("puts an alert back where its step is refused, and says why", async () => {
    const alert = anAlert();
    edge.on("POST", `/alerts/${alert.id}/ignore`, () => [403, { detail: "You may only look" }]);
    await panel([alert]);
    await user.click(row(alert).getByRole("button", { name: "Ignore" }));
    await settle();
    expect(shown()).toEqual([alert.id]);
    expect(screen.getByText("You may only look")).toBeInTheDocument();
  });

  it("asks how an alert was settled before it resolves", async () => {
    const alert = anAlert();
    edge.on("POST", `/alerts/${alert.id}/resolve`, one(afterStep(alert, { status: "resolved" })));
    await panel([alert]);
    await user.click(row(alert).getByRole("button", { name: "Resolve" }));
    const dialog = within(screen.getByRole("dialog"));
    expect(dialog.getByRole("button", { name: "Resolve" })).toBeDisabled();
    await user.click(dialog.getByRole("button", { name: "Data reloaded" }));
    await user.click(dialog.getByRole("button", { name: "Resolve" }));
    await settle();
    const [asked] = edge.of("POST", `/alerts/${alert.id}/resolve`);
    expect(asked?.body).toEqual({ resolution: "Data reloaded" });
    expect(shown()).toEqual([]);
  });

  it("takes one step with many in one request, and keeps those that were refused", async () => {
    const alerts = [anAlert(), anAlert(), anAlert()];
    edge.on("POST", "/alerts/bulk", ({ body }) => {
      const ids = (body as BulkRequest).filter.ids ?? [];
      const [refused, ...rest] = alerts.filter(({ id }) => ids.includes(id));
      return one({
        changed: rest.map((alert) => afterStep(alert, { status: "acknowledged" })),
        refused: [{ id: refused?.id, status: "active", error: "not yours" }],
        more: false,
      });
    });
    await panel(alerts);
    await user.click(screen.getByRole("checkbox", { name: "Select all shown" }));
    expect(screen.getByText("3 selected")).toBeInTheDocument();
    const bar = screen.getByText("3 selected").parentElement as HTMLElement;
    await user.click(within(bar).getByRole("button", { name: "Acknowledge" }));
    await settle();
    expect(edge.of("POST", "/alerts/bulk")).toHaveLength(1);
    expect(shown()).toEqual([alerts[0]?.id]);
    expect(screen.getByText("2 alerts acknowledged")).toBeInTheDocument();
    expect(screen.getByText("not yours")).toBeInTheDocument();
  });

  it("selects all that match, however many pages that takes", async () => {
    const alerts = Array.from({ length: 500 }, (_, minute) =>
      anAlert({ timestamp: new Date(1_767_225_600_000 - minute * 60_000).toISOString() }),
    );
    await panel([]);
    edge.on("GET", "/alerts", ({ query }) => {
      const from = Number(query.cursor ?? 0);
      const next = from + 200;
      return page(alerts.slice(from, next), next < alerts.length ? String(next) : null);
    });
    edge.on("POST", "/alerts/bulk", ({ body }) => {
      const ids = new Set((body as BulkRequest).filter.ids);
      const changed = alerts.filter(({ id }) => ids.has(id));
      return one({
        changed: changed.map((alert) => afterStep(alert, { status: "ignored" })),
        refused: [],
        more: false,
      });
    });
    await user.click(screen.getByRole("button", { name: /^Critical/ }));
    await settle();
    expect(screen.getByText("200+ alerts")).toBeInTheDocument();
    await user.click(screen.getByRole("checkbox", { name: "Select all shown" }));
    await user.click(screen.getByRole("button", { name: "Select all that match" }));
    await settle();
    const bar = screen.getByText("500 selected").parentElement as HTMLElement;
    await user.click(within(bar).getByRole("button", { name: "Ignore" }));
    await settle();
    expect(shown()).toEqual([]);
    expect(screen.getByText("500 alerts ignored")).toBeInTheDocument();
  });

  it("asks the server for what the filters say, and hides what does not fit", async () => {
    const orders = anAlert();
    const leads = anAlert({ assetId: "crm.leads", severity: "medium" });
    await panel([orders, leads]);
    await user.click(screen.getByRole("button", { name: /^Medium/ }));
    await settle();
    expect(shown()).toEqual([leads.id]);
    await user.type(screen.getByRole("searchbox", { name: "Asset id or pattern" }), "warehouse.*");
    await settle();
    expect(edge.asked.at(-1)?.query).toMatchObject({
      status: "active",
      severity: "medium",
      assetId: "warehouse.*",
    });
    expect(screen.getByText("No alert matches")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Show all alerts" }));
    await settle();
    expect(shown()).toHaveLength(2);
  });

  it("moves an alert to history when a colleague resolves it", async () => {
    const alert = anAlert();
    await panel([alert]);
    FakeSocket.latest.say("alert_status_changed", afterStep(alert, { status: "resolved" }));
    await settle();
    expect(shown()).toEqual([]);
    await user.click(screen.getByRole("button", { name: "History" }));
    await settle();
    expect(shown()).toEqual([alert.id]);
  });

  it("keeps 10,000 alerts in a page of a few rows", async () => {
    const alerts = ofEachSecond(10_000);
    await panel([]);
    FakeSocket.latest.say("alerts", { alerts });
    await settle();
    expect(screen.getByText("10,000 alerts")).toBeInTheDocument();
    expect(shown().length).toBeLessThan(40);
    expect(shown()[0]).toBe(alerts.at(-1)?.id);
  });

  it("can be worked by keys alone", async () => {
    const [first, second] = [
      anAlert({ timestamp: "2026-01-01T00:00:02Z" }),
      anAlert({ timestamp: "2026-01-01T00:00:01Z" }),
    ];
    edge.on(
      "POST",
      `/alerts/${second.id}/acknowledge`,
      one(afterStep(second, { status: "acknowledged" })),
    );
    await panel([first, second]);
    screen.getByRole("group", { name: /2 alerts/ }).focus();
    await user.keyboard("jjx");
    expect(row(second).getByRole("checkbox")).toBeChecked();
    await user.keyboard("a");
    await settle();
    expect(shown()).toEqual([first.id]);
  });

  it("takes the step with the alert that was chosen, whatever arrives above it", async () => {
    const alerts = [
      anAlert({ timestamp: "2026-01-01T00:00:02Z" }),
      anAlert({ timestamp: "2026-01-01T00:00:01Z" }),
    ] as const;
    const [chosen, below] = alerts;
    edge.on("POST", /acknowledge$/, () => one(afterStep(chosen, { status: "acknowledged" })));
    await panel([...alerts]);
    screen.getByRole("group", { name: /2 alerts/ }).focus();
    await user.keyboard("j");
    const fresh = anAlert({ timestamp: "2026-01-02T00:00:00Z" });
    FakeSocket.latest.say("alert", fresh);
    await settle();
    await user.keyboard("a");
    await settle();
    expect(edge.of("POST", `/alerts/${chosen.id}/acknowledge`)).toHaveLength(1);
    expect(shown()).toEqual([fresh.id, below.id]);
    // What takes the place of the one that went is next.
    await user.keyboard("x");
    expect(row(below).getByRole("checkbox")).toBeChecked();
  });

  it("keeps what is read in its place, and lets what comes in above wait", async () => {
    const alerts = ofEachSecond(100);
    await panel(alerts);
    const list = screen.getByRole("group", { name: /100 alerts/ });
    list.scrollTop = 560;
    fireEvent.scroll(list);
    const before = shown();
    const fresh = [1, 2].map((second) => anAlert({ timestamp: `2026-01-02T00:00:0${second}Z` }));
    for (const alert of fresh) {
      FakeSocket.latest.say("alert", alert);
      await settle();
    }
    expect(list.scrollTop).toBe(560);
    expect(shown()).toEqual(before);
    expect(screen.getByRole("button", { name: "2 new alerts" })).toBeInTheDocument();
    list.scrollTop = 0;
    fireEvent.scroll(list);
    expect(screen.queryByRole("button", { name: "2 new alerts" })).toBeNull();
    expect(shown().slice(0, 2)).toEqual([fresh[1]?.id, fresh[0]?.id]);
  });

  it("keeps what is read in its place when a colleague resolves what stands above", async () => {
    const alerts = ofEachSecond(100);
    await panel(alerts);
    const list = screen.getByRole("group", { name: /100 alerts/ });
    list.scrollTop = 560;
    fireEvent.scroll(list);
    const newest = alerts.at(-1) as Alert;
    FakeSocket.latest.say("alert_status_changed", afterStep(newest, { status: "resolved" }));
    await settle();
    expect(list.scrollTop).toBe(560 - 56);
    expect(screen.queryByRole("button", { name: /new alert/ })).toBeNull();
  });

  it("opens an alert with what is known of it and its history", async () => {
    const alert = anAlert({
      metadata: {
        rule: "score_drop",
        metricType: "score",
        previousValue: 95,
        currentValue: 70,
        contributions: { timeliness: -5, completeness: -20 },
        leftOut: ["accuracy"],
        occurrences: 3,
        worsenedFrom: "high",
      },
    });
    edge.on(
      "GET",
      `/alerts/${alert.id}/audit`,
      page([
        {
          stepId: "s1",
          alertId: alert.id,
          action: "acknowledge",
          actor: "anna",
          at: alert.timestamp,
          toStatus: "acknowledged",
          comment: "looking",
        },
      ]),
    );
    edge.on("GET", "/metrics/history", (asked) => {
      expect(asked.query.until).toBe(new Date(Date.parse(alert.timestamp) + 1).toISOString());
      return page([
        { timestamp: alert.timestamp, value: 70 },
        { timestamp: "2025-12-31T00:00:00Z", value: 95 },
      ]);
    });
    await panel([alert]);
    await user.click(row(alert).getByText(alert.message));
    await settle();
    const dialog = within(screen.getByRole("dialog"));
    expect(dialog.getByText("95.0 → 70.0 (−25)")).toBeInTheDocument();
    expect(dialog.getByText("Completeness −20, Timeliness −5")).toBeInTheDocument();
    expect(dialog.getByText("Accuracy")).toBeInTheDocument();
    expect(dialog.getByText("3 times")).toBeInTheDocument();
    expect(dialog.getByText("High before")).toBeInTheDocument();
    expect(dialog.queryByText("Assigned to", { selector: "dt" })).toBeNull();
    expect(dialog.getByText(/by the pipeline/)).toBeInTheDocument();
    expect(dialog.getByText("Acknowledged")).toBeInTheDocument();
    expect(dialog.getByText(/by anna/)).toBeInTheDocument();
    expect(dialog.getByText("looking")).toBeInTheDocument();
    expect(dialog.getByText(/^Score since 31 Dec/)).toBeInTheDocument();
    await user.click(dialog.getByRole("button", { name: "Close" }));
    expect(screen.queryByRole("dialog")).toBeNull();
  });
});

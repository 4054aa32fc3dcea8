import { act, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Router } from "wouter";
import { memoryLocation } from "wouter/memory-location";
import { signOut } from "../../src/app/credentials";
import { Root } from "../../src/app/Root";
import { toasts } from "../../src/components/toasts";
import { notificationChoice, notificationPermission } from "../../src/live/notifications";
import { FakeEdge, one, page } from "../support/fakeEdge";
import { FakeSocket } from "../support/fakeSocket";
import { aChange, anAlert, anAsset, someStats } from "../support/samples";

vi.mock("../../src/charts/useUplot", () => ({ useUplot: () => ({ current: null }) }));

let edge: FakeEdge;
let serial = 0;
let user: ReturnType<typeof userEvent.setup>;

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  FakeSocket.install();
  toasts.set([]);
  signOut();
  edge = new FakeEdge()
    .on("GET", "/stats", one(someStats()))
    .on("GET", "/alerts", page([]))
    .on("GET", "/trends", page([]))
    .on("GET", "/assets", page([anAsset({ score: 61 })]))
    .on("GET", "/metrics/history", page([]))
    .on("GET", "/dimensions", page([]));
});

function arrive(path: string) {
  const { hook, searchHook, history } = memoryLocation({ path, record: true });
  render(
    <Router hook={hook} searchHook={searchHook}>
      <Root url={`http://pages-${++serial}/ws/quality`} />
    </Router>,
  );
  return history;
}

async function visit(path: string) {
  const history = arrive(path);
  FakeSocket.latest.accept();
  FakeSocket.latest.say("subscribed", { subscriptions: [] }, "p0");
  await act(() => vi.dynamicImportSettled());
  await settle();
  return history;
}

async function settle(milliseconds = 400) {
  await act(() => vi.advanceTimersByTimeAsync(milliseconds));
}

describe("Overview", () => {
  it("shows the mean, what moved it, and the lowest scores", async () => {
    await visit("/");
    expect(screen.getByTestId("overall-score")).toHaveTextContent("90.0");
    FakeSocket.latest.say("metric_change", aChange({ change: -10 }));
    await settle(50);
    expect(screen.getByTestId("overall-score")).toHaveTextContent("89.0");
    expect(screen.getByText("−10")).toBeInTheDocument();
    await settle(1_100);
    const lowest = within(screen.getByRole("region", { name: "Lowest scores" }));
    expect(lowest.getByText("80.0")).toBeInTheDocument();
  });

  it("says how to send a first event while there is no asset", async () => {
    edge.on("GET", "/stats", one(someStats({ totalAssets: 0, avgQualityScore: null })));
    await visit("/");
    expect(screen.getByText("Waiting for the first event")).toBeInTheDocument();
    expect(screen.getByText("No asset has reported yet")).toBeInTheDocument();
    expect(screen.getByText(/curl -X POST http:\/\/pages-/)).toBeInTheDocument();
    edge.on("GET", "/stats", one(someStats({ totalAssets: 1 })));
    await settle(2_500);
    expect(screen.queryByText("Waiting for the first event")).toBeNull();
  });

  it("announces a critical alert wherever the user is", async () => {
    await visit("/");
    FakeSocket.latest.say("alert", anAlert({ message: "Score of orders fell by 25 points" }));
    FakeSocket.latest.say("alert", anAlert({ severity: "medium", assetName: "quiet" }));
    await settle(50);
    const announced = screen.getByRole("link", { name: "Critical alert" });
    expect(announced).toHaveAttribute("href", expect.stringContaining("/alerts?view=all&alert="));
    expect(screen.getAllByRole("button", { name: "Dismiss" })).toHaveLength(1);
  });

  it("announces a storm of critical alerts in one message", async () => {
    await visit("/");
    for (let number = 1; number <= 20; number++) FakeSocket.latest.say("alert", anAlert());
    await settle(50);
    const announced = screen.getByRole("link", { name: "20 critical alerts" });
    expect(announced).toHaveAttribute("href", "/alerts?severity=critical");
    expect(screen.getAllByRole("button", { name: "Dismiss" })).toHaveLength(1);
  });
});

describe("the banner", () => {
  it("tells that the page is no longer live, and goes when it is again", async () => {
    await visit("/");
    expect(screen.getByText("Live")).toBeInTheDocument();
    FakeSocket.latest.lose(1006);
    await settle(1_200);
    expect(screen.getByText("Reconnecting.")).toBeInTheDocument();
    expect(screen.getByText(/Last update/)).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Try now" }));
    FakeSocket.latest.accept();
    await settle(50);
    expect(screen.queryByText("Reconnecting.")).toBeNull();
  });
});

describe("Assets", () => {
  it("lists, searches and follows along", async () => {
    edge.on(
      "GET",
      "/assets",
      page([anAsset(), anAsset({ assetId: "crm.leads", assetName: "leads" })]),
    );
    const history = await visit("/assets");
    expect(screen.getByText("2 of 2 assets")).toBeInTheDocument();
    FakeSocket.latest.say("metric_change", aChange({ assetId: "crm.leads", currentValue: 41 }));
    await settle(50);
    expect(screen.getByText("41.0")).toBeInTheDocument();
    await user.type(screen.getByRole("searchbox"), "lead");
    await settle();
    expect(screen.getByText("1 of 2 assets")).toBeInTheDocument();
    expect(history.at(-1)).toBe("/assets?q=lead");
  });
});

describe("an asset", () => {
  beforeEach(() => {
    edge
      .on("GET", "/assets/warehouse.sales.orders", one(anAsset()))
      .on(
        "GET",
        "/dimensions",
        page([
          {
            assetId: "warehouse.sales.orders",
            assetName: "orders",
            weightedScore: 77.7,
            missing: ["timeliness"],
            dimensions: [
              {
                dimension: "completeness",
                score: 77.7,
                weight: 2,
                stale: true,
                timestamp: "2026-01-01T00:00:00Z",
              },
              {
                dimension: "validity",
                score: 77.7,
                weight: 1,
                timestamp: "2026-01-01T00:00:00Z",
              },
            ],
          },
        ]),
      )
      .on(
        "GET",
        "/thresholds",
        one({
          assetId: "warehouse.sales.orders",
          scoreDrop: { critical: 20, high: 10, medium: 5 },
          dimensionDrop: null,
          newIssues: { critical: 10, high: 5, medium: 2 },
          minimumChange: 1,
          staleAfter: 3_600,
          profilingComplete: false,
          incidents: { within: 86_400, recoveredShare: 0.5, recoveredEvents: 3, slides: true },
          scoring: { weights: {}, staleAfter: null, derive: true },
          predictedBreach: { minimum: 80, withinDays: 7 },
          learnedLimits: {
            mode: "shadow",
            warmUpDays: 28,
            minimumChange: 3,
            falseAlarmsPerMonth: 0.5,
          },
        }),
      );
  });

  it("follows that asset alone, and shows what it comes to", async () => {
    await visit("/assets/warehouse.sales.orders");
    expect(FakeSocket.latest.said("subscribe")).toContainEqual({
      assetIds: ["warehouse.sales.orders"],
      kinds: ["changes"],
    });
    expect(screen.getByText("Weighted average 77.7")).toBeInTheDocument();
    expect(screen.getByRole("row", { name: "Score drops by 20 10 5" })).toBeInTheDocument();
    expect(screen.getByText(/after 1 h of silence/)).toBeInTheDocument();
    expect(screen.getByText(/within 1 d, and grows worse in place/)).toBeInTheDocument();
    expect(screen.getByText(/after 3 good values in a row/)).toBeInTheDocument();
    expect(screen.getByText(/decline in small steps/)).toBeInTheDocument();
    expect(screen.getByText("The score is made of the dimensions.")).toBeInTheDocument();
    expect(screen.getByText(/expected below 80 within 7 days/)).toBeInTheDocument();
    expect(screen.getByText(/unusual .* raises no alert/)).toBeInTheDocument();
    FakeSocket.latest.say(
      "metric_change",
      aChange({ metricType: "completeness", currentValue: 33 }),
    );
    await settle(50);
    const dimensions = within(screen.getByRole("region", { name: "Dimensions" }));
    expect(dimensions.getByText("33.0")).toBeInTheDocument();
    expect(dimensions.getByText("too old to count")).toBeInTheDocument();
    expect(dimensions.getByText("Weighted average 77.7")).toBeInTheDocument();
    FakeSocket.latest.say("metric_change", aChange({ metricType: "validity", currentValue: 80.2 }));
    await settle(50);
    expect(dimensions.getByText("Weighted average 80.2")).toBeInTheDocument();
    expect(dimensions.getByText("Never reported: Timeliness")).toBeInTheDocument();
  });

  it("tells what is to come, and draws it on ranges that have room for it", async () => {
    edge
      .on("GET", "/trends", page([{ start: "2026-01-01T00:00:00Z", average: 90, count: 9_000 }]))
      .on(
        "GET",
        "/forecast",
        one({
          points: [{ date: "2099-01-01", mean: 80, low80: 70, high80: 90 }],
          breach: { below: 80, days: 6, message: "orders falls below 80 in about 6 days" },
        }),
      );
    await visit("/assets/warehouse.sales.orders");
    expect(screen.getByText("orders falls below 80 in about 6 days")).toBeInTheDocument();
    expect(screen.queryByText("Forecast")).toBeNull();
    await user.click(screen.getByRole("button", { name: "30 d" }));
    await settle();
    expect(screen.getByText("Forecast")).toBeInTheDocument();
    expect(screen.getByText(/hourly means/)).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Dimensions" }));
    await settle();
    expect(screen.queryByText("Forecast")).toBeNull();
  });

  it("that nobody has heard of says so", async () => {
    edge.on("GET", "/assets/nobody", () => [404, { detail: "there is no asset" }]);
    await visit("/assets/nobody");
    expect(screen.getByText("Nothing is known of this asset")).toBeInTheDocument();
  });
});

describe("Notifications", () => {
  it("asks the browser on a click, never before", async () => {
    const ask = vi.fn(async () => "granted" as const);
    vi.stubGlobal("Notification", { permission: "default", requestPermission: ask });
    notificationPermission.set("default");
    notificationChoice.set({ enabled: false, severity: "high" });
    await visit("/notifications");
    expect(ask).not.toHaveBeenCalled();
    await user.click(screen.getByRole("button", { name: "Turn on" }));
    await settle(50);
    expect(ask).toHaveBeenCalledTimes(1);
    expect(notificationChoice.get()).toEqual({ enabled: true, severity: "high" });
    await user.selectOptions(screen.getByRole("combobox", { name: "Least severity" }), "critical");
    await user.click(screen.getByRole("button", { name: "Turn off" }));
    expect(notificationChoice.get()).toEqual({ enabled: false, severity: "critical" });
  });
});

describe("System", () => {
  const group = {
    group: "tidemark",
    state: "Stable",
    members: 1,
    lag: 7,
    partitions: [{ topic: "quality.metrics", partition: 0, committed: 5, end: 12_000, lag: 7 }],
  };
  const system = {
    ready: false,
    components: [{ name: "sink", ready: false, detail: "no member" }],
    worker: group,
    sink: null,
    notifier: { ...group, members: 0, lag: 0, recordsPerSecond: 12.5 },
    eventsPerSecond: null,
    changesPerSecond: 3.25,
    alertsPerSecond: 0,
    deadLetters: 2,
    outbox: 0,
    edgeLag: 0,
    version: "0.1.0",
    edgeId: "e1",
    startedAt: "2026-01-01T00:00:00Z",
    timestamp: "2026-01-01T00:00:00Z",
  };

  it("says what is missing, what lags and what is not known", async () => {
    edge.on("GET", "/system", one(system));
    await visit("/system");
    expect(screen.getByText("1 of 1 down")).toBeInTheDocument();
    expect(screen.getByText("no member")).toBeInTheDocument();
    const detection = within(screen.getByRole("region", { name: "Detection" }));
    expect(detection.getByText("1 process, stable")).toBeInTheDocument();
    expect(
      detection.getByRole("row", { name: "quality.metrics 0 5 12,000 7" }),
    ).toBeInTheDocument();
    const storage = within(screen.getByRole("region", { name: "Storage" }));
    expect(storage.getByText(/could not tell of this stage/)).toBeInTheDocument();
    const telling = within(screen.getByRole("region", { name: "Notification" }));
    expect(telling.getByText("None runs")).toBeInTheDocument();
    expect(telling.getByText("13")).toBeInTheDocument();
    expect(screen.getByText("3.3")).toBeInTheDocument();
    expect(screen.getByText("tidemark dead-letters list")).toBeInTheDocument();
  });

  it("is alarmed by records that retention deleted, and warns of those it will", async () => {
    const sink = { ...group, lost: 1320, expiring: 0 };
    const worker = { ...group, lost: 0, expiring: 1 };
    edge.on("GET", "/system", one({ ...system, worker, sink }));
    await visit("/system");
    const storage = within(screen.getByRole("region", { name: "Storage" }));
    expect(storage.getByRole("alert")).toHaveTextContent(
      "1,320 records were deleted by Kafka’s retention before this stage read them.",
    );
    const detection = within(screen.getByRole("region", { name: "Detection" }));
    expect(detection.queryByRole("alert")).toBeNull();
    expect(detection.getByText(/is about to be deleted by Kafka’s retention/)).toBeInTheDocument();
    const telling = within(screen.getByRole("region", { name: "Notification" }));
    expect(telling.queryByText(/deleted/)).toBeNull();
  });

  it("shows why it cannot be loaded, and tries again", async () => {
    edge.on("GET", "/system", () => [503, { detail: "Kafka is not there" }]);
    await visit("/system");
    await settle(10_000);
    expect(screen.getByText("Kafka is not there")).toBeInTheDocument();
    edge.on("GET", "/system", one(system));
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await settle();
    expect(screen.getByText("1 of 1 down")).toBeInTheDocument();
  });
});

describe("where the edge asks who is there", () => {
  it("signs in by a token that is kept out of the address, and out again", async () => {
    edge.on(
      "GET",
      "/me",
      one({ actor: "anna", role: "viewer", assets: ["*"], authentication: true }),
    );
    const alert = anAlert();
    edge.on("GET", "/alerts", page([alert]));
    arrive("/alerts");
    FakeSocket.latest.accept({ authenticationRequired: true });
    await user.type(screen.getByLabelText("API key or token"), "wrong");
    await user.click(screen.getByRole("button", { name: "Sign in" }));
    FakeSocket.latest.accept({ authenticationRequired: true });
    FakeSocket.latest.lose(4401, "the key is not known");
    expect(screen.getByText("the key is not known.")).toBeInTheDocument();
    await user.clear(screen.getByLabelText("API key or token"));
    await user.type(screen.getByLabelText("API key or token"), "right");
    await user.click(screen.getByRole("button", { name: "Sign in" }));
    FakeSocket.latest.accept({ authenticationRequired: true });
    expect(FakeSocket.latest.said("authenticate")).toEqual([{ token: "right" }]);
    expect(FakeSocket.latest.url).not.toContain("right");
    FakeSocket.latest.say("authenticated", { actor: "anna" });
    await act(() => vi.dynamicImportSettled());
    await settle();
    expect(edge.of("GET", "/alerts").at(-1)?.headers.get("authorization")).toBe("Bearer right");
    expect(screen.getByText(alert.message)).toBeInTheDocument();
    // A viewer takes no steps.
    expect(screen.queryByRole("button", { name: "Acknowledge" })).toBeNull();
    await user.click(screen.getByRole("button", { name: "Sign out" }));
    FakeSocket.latest.accept({ authenticationRequired: true });
    expect(screen.getByLabelText("API key or token")).toBeInTheDocument();
  });
});

it("says so where there is no such page", async () => {
  await visit("/nowhere");
  expect(screen.getByText("There is no such page")).toBeInTheDocument();
});

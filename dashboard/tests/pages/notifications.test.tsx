import { act, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Router } from "wouter";
import { memoryLocation } from "wouter/memory-location";
import { signOut } from "../../src/app/credentials";
import { Root } from "../../src/app/Root";
import { toasts } from "../../src/components/toasts";
import { draftOf, newDraft, requestOf } from "../../src/pages/notifications/draft";
import type { AlertSubscription, Channel, Delivery, Silence } from "../../src/wire";
import { FakeEdge, one, page } from "../support/fakeEdge";
import { FakeSocket } from "../support/fakeSocket";
import { anAlert, anAsset, someStats } from "../support/samples";

vi.mock("../../src/charts/useUplot", () => ({ useUplot: () => ({ current: null }) }));

const NOW = "2026-11-24T12:00:00Z";

const chat: Channel = {
  id: "c1",
  actor: "key:ann",
  name: "team chat",
  kind: "apprise",
  service: "Slack",
  address: "slack://****",
  shared: false,
  repeatable: false,
  createdAt: NOW,
  updatedAt: NOW,
};
const pager: Channel = { ...chat, id: "c2", name: "pager", service: "Pager Duty" };

const orders: AlertSubscription = {
  id: "s1",
  actor: "key:ann",
  scope: ["*"],
  name: "orders",
  channels: ["c1"],
  assetPattern: "warehouse.*",
  source: null,
  owner: "sales",
  alertTypes: ["sudden_drop"],
  minimumSeverity: "high",
  escalations: [{ afterSeconds: 900, channels: ["c2", "c3"] }],
  quietHours: { start: "22:00", end: "07:00", timeZone: "Europe/Berlin", unless: "critical" },
  groupBy: "source",
  groupWaitSeconds: 10,
  groupIntervalSeconds: 60,
  repeatIntervalSeconds: 3600,
  notifyResolved: true,
  mutedBySource: true,
  enabled: true,
  createdAt: NOW,
  updatedAt: NOW,
};

const silence: Silence = {
  id: "q1",
  actor: "key:bob",
  scope: ["*"],
  comment: "known",
  assetPattern: "crm.*",
  source: null,
  alertTypes: [],
  startsAt: NOW,
  endsAt: NOW,
  createdAt: NOW,
  updatedAt: NOW,
};

const failed: Delivery = {
  id: "d1",
  channelId: "c1",
  channelName: "team chat",
  subscriptionId: "s1",
  actor: "key:ann",
  notification: {
    id: "d1",
    createdAt: NOW,
    alerts: [{ occasion: "raised", alert: anAlert({ message: "orders fell" }) }],
  },
  state: "failed",
  attempts: 8,
  nextAttemptAt: NOW,
  finishedAt: NOW,
  error: "given up",
  createdAt: NOW,
  updatedAt: NOW,
};

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
    .on("GET", "/me", one({ actor: "key:ann", role: "operator", assets: ["*"] }))
    .on("GET", "/alerts", page([]))
    .on("GET", "/assets", page([anAsset()]))
    .on("GET", "/channels", page([chat, pager]))
    .on("GET", "/subscriptions", page([orders]))
    .on("GET", "/silences", page([silence]))
    .on("GET", "/deliveries", page([failed]))
    .on("GET", "/deliveries/held", page([]));
});

async function visit() {
  const { hook, searchHook } = memoryLocation({ path: "/notifications" });
  render(
    <Router hook={hook} searchHook={searchHook}>
      <Root url={`http://notices-${++serial}/ws/quality`} />
    </Router>,
  );
  FakeSocket.latest.accept();
  FakeSocket.latest.say("subscribed", { subscriptions: [] }, "p0");
  await act(() => vi.dynamicImportSettled());
  await settle();
}

async function settle(milliseconds = 400) {
  await act(() => vi.advanceTimersByTimeAsync(milliseconds));
}

const region = (name: string) => within(screen.getByRole("region", { name }));

describe("Subscriptions", () => {
  it("are told in a line each, with the names of their channels", async () => {
    await visit();
    const told = region("Subscriptions").getByText(/warehouse/);
    expect(told).toHaveTextContent(
      "warehouse.* · of sales · high and worse · by source · quiet 22:00–07:00 · → team chat",
    );
  });

  it("are made of what the form says", async () => {
    edge.on("POST", "/subscriptions", one(orders));
    await visit();
    await user.click(screen.getByRole("button", { name: "Add subscription" }));
    const form = within(screen.getByRole("dialog", { name: "Add subscription" }));
    expect(form.getByRole("button", { name: "Add" })).toBeDisabled();
    await user.type(form.getByLabelText("Name"), "mine");
    await user.type(form.getByLabelText(/^Assets/), "sales.*");
    await user.click(form.getByLabelText("pager"));
    await user.selectOptions(form.getByLabelText("Severity"), "critical");
    await user.click(form.getByLabelText("Quiet hours"));
    await user.selectOptions(form.getByLabelText("If nobody acknowledges, tell"), "c1");
    await user.click(form.getByRole("button", { name: "Add" }));
    await settle();
    const [asked] = edge.of("POST", "/subscriptions");
    expect(asked?.body).toMatchObject({
      name: "mine",
      assetPattern: "sales.*",
      source: null,
      channels: ["c2"],
      minimumSeverity: "critical",
      quietHours: { start: "22:00", end: "07:00" },
      escalations: [{ afterSeconds: 900, channels: ["c1"] }],
      repeatIntervalSeconds: null,
    });
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(edge.of("GET", "/subscriptions").length).toBeGreaterThan(1);
  });

  it("are changed in their place, and deleted", async () => {
    edge.on("PUT", "/subscriptions/s1", one(orders)).on("DELETE", "/subscriptions/s1", one(orders));
    await visit();
    await user.click(screen.getByRole("button", { name: "Edit orders" }));
    const form = within(screen.getByRole("dialog", { name: "Edit orders" }));
    await user.click(form.getByLabelText("Turned on"));
    await user.click(form.getByRole("button", { name: "Save" }));
    await settle();
    expect(edge.of("PUT", "/subscriptions/s1")[0]?.body).toMatchObject({
      name: "orders",
      enabled: false,
    });
    await user.click(screen.getByRole("button", { name: "Delete orders" }));
    await settle();
    expect(edge.of("DELETE", "/subscriptions/s1")).toHaveLength(1);
  });

  it("say why they are refused, and keep the form", async () => {
    edge.on("POST", "/subscriptions", () => [422, { detail: "quietHours.timeZone: no such" }]);
    await visit();
    await user.click(screen.getByRole("button", { name: "Add subscription" }));
    const form = within(screen.getByRole("dialog"));
    await user.type(form.getByLabelText("Name"), "mine");
    await user.click(form.getByLabelText("pager"));
    await user.click(form.getByRole("button", { name: "Add" }));
    await settle();
    expect(screen.getByText("quietHours.timeZone: no such")).toBeInTheDocument();
    expect(screen.getByRole("dialog")).toBeInTheDocument();
  });

  it("keep what the form has no field for", () => {
    const { id, actor, scope, createdAt, updatedAt, ...rest } = orders;
    expect(requestOf(draftOf(orders), orders)).toEqual(rest);
  });

  it("ask the edge for its own waits when the grouping changes", () => {
    const changed = requestOf({ ...draftOf(orders), groupBy: "alert" }, orders);
    expect(changed).not.toHaveProperty("groupWaitSeconds");
    expect(newDraft().timeZone).not.toBe("");
  });
});

describe("Channels", () => {
  it("show a webhook's secret this once", async () => {
    const hook = { ...chat, id: "c9", name: "hook", kind: "webhook" };
    edge.on("POST", "/channels", [201, one({ channel: hook, secret: "whsec_abc" })] as never);
    await visit();
    await user.click(screen.getByRole("button", { name: "Add channel" }));
    const form = within(screen.getByRole("dialog", { name: "Add channel" }));
    await user.type(form.getByLabelText("Name"), "hook");
    await user.type(form.getByLabelText(/^Address/), "https://example.com/hook");
    await user.click(form.getByRole("button", { name: "Add" }));
    await settle();
    expect(edge.of("POST", "/channels")[0]?.body).toEqual({
      name: "hook",
      address: "https://example.com/hook",
      shared: false,
    });
    expect(screen.getByText("whsec_abc")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Done" }));
    expect(screen.queryByText("whsec_abc")).toBeNull();
  });

  it("are tested, and stay while somebody needs them", async () => {
    edge
      .on("POST", "/channels/c1/test", () => [202, one(failed)])
      .on("DELETE", "/channels/c1", () => [409, { detail: "1 subscription(s) lead to it" }]);
    await visit();
    const [test] = region("Channels").getAllByRole("button", { name: "Test" });
    await user.click(test as HTMLElement);
    await settle();
    expect(screen.getByText("A test is on its way to team chat")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Delete team chat" }));
    await settle();
    expect(screen.getByText("1 subscription(s) lead to it")).toBeInTheDocument();
  });

  it("come first: without one nobody can be told", async () => {
    edge.on("GET", "/channels", page([])).on("GET", "/subscriptions", page([]));
    await visit();
    expect(screen.getByText("No channel yet")).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Add subscription" })).toBeDisabled();
  });
});

describe("Silences and deliveries", () => {
  it("silence for a while and end", async () => {
    edge
      .on("POST", "/silences", () => [201, one(silence)])
      .on("DELETE", "/silences/q1", one(silence));
    await visit();
    await user.click(screen.getByRole("button", { name: "Silence" }));
    const form = within(screen.getByRole("dialog", { name: "Silence alerts" }));
    await user.type(form.getByLabelText(/^Assets/), "crm.*");
    await user.type(form.getByLabelText("Why"), "moving");
    await user.selectOptions(form.getByLabelText("For"), "24");
    await user.click(form.getByRole("button", { name: "Silence" }));
    await settle();
    const body = edge.of("POST", "/silences")[0]?.body as { endsAt: string };
    expect(body).toMatchObject({ assetPattern: "crm.*", comment: "moving" });
    const hours = (Date.parse(body.endsAt) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(23.9);
    await user.click(screen.getByRole("button", { name: "End now" }));
    await settle();
    expect(edge.of("DELETE", "/silences/q1")).toHaveLength(1);
  });

  it("leave silencing to who takes steps", async () => {
    edge.on("GET", "/me", one({ actor: "key:ann", role: "viewer", assets: ["*"] }));
    await visit();
    expect(screen.queryByRole("button", { name: "Silence" })).toBeNull();
    expect(screen.queryByRole("button", { name: "End now" })).toBeNull();
  });

  it("tell what is held back and why", async () => {
    const held = {
      subscriptionId: "s1",
      subscription: "orders",
      alertId: "a1",
      assetId: "warehouse.orders",
      severity: "high",
      reason: "quiet hours",
    };
    edge.on("GET", "/deliveries/held", page([held]));
    await visit();
    expect(screen.getByText("held back from orders: quiet hours")).toBeInTheDocument();
  });

  it("tell what became of a message, and send it again", async () => {
    edge.on("POST", "/deliveries/d1/retry", () => [202, one({ ...failed, state: "pending" })]);
    await visit();
    const row = region("Deliveries");
    expect(row.getByText("raised: orders fell")).toBeInTheDocument();
    expect(row.getByText(/8 attempts · given up/)).toBeInTheDocument();
    await user.click(row.getByRole("button", { name: "Send again" }));
    await settle();
    expect(edge.of("POST", "/deliveries/d1/retry")).toHaveLength(1);
  });
});

describe("Notices", () => {
  const notice = (occasion: string, severity: string) => ({
    id: `n-${occasion}-${severity}`,
    createdAt: NOW,
    subscription: "orders",
    alerts: [{ occasion, alert: anAlert({ message: "orders fell", severity: severity as "low" }) }],
  });

  it("show what a subscription sends to this dashboard", async () => {
    await visit();
    FakeSocket.latest.say("notification", notice("raised", "high"));
    await settle();
    const [shown] = toasts.get();
    expect(shown).toMatchObject({ title: "orders", text: "raised: orders fell" });
  });

  it("leave a critical alert to the announcement that everybody gets", async () => {
    await visit();
    FakeSocket.latest.say("notification", notice("raised", "critical"));
    FakeSocket.latest.say("notification", notice("resolved", "critical"));
    await settle();
    expect(toasts.get().map(({ text }) => text)).toEqual(["resolved: orders fell"]);
  });
});

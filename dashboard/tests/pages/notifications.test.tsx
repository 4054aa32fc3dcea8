import { act, fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Router } from "wouter";
import { memoryLocation } from "wouter/memory-location";
import { signOut } from "../../src/app/credentials";
import { Root } from "../../src/app/Root";
import { toasts } from "../../src/components/toasts";
import { draftOf, newDraft, requestOf } from "../../src/pages/notifications/draft";
import {
  newWindow,
  occasions,
  windowDraftOf,
  windowRequestOf,
} from "../../src/pages/notifications/windowDraft";
import { ownerOf } from "../../src/pages/owners";
import { exactly, silenceOver } from "../../src/widgets/silences";
import type {
  AlertSubscription,
  Channel,
  Delivery,
  MaintenanceWindow,
  Owner,
  Silence,
} from "../../src/wire";
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
  actor: "key:bob/0123456789ab",
  author: "bob (key:bob/0123456789ab)",
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

const reload: MaintenanceWindow = {
  id: "m1",
  actor: "key:bob/0123456789ab",
  author: "bob (key:bob/0123456789ab)",
  scope: ["*"],
  name: "reload",
  assetPattern: "warehouse.*",
  source: null,
  startsAt: null,
  endsAt: null,
  schedule: "30 2 * * sun",
  durationSeconds: 5400,
  timeZone: "Europe/Berlin",
  enabled: true,
  createdAt: NOW,
  updatedAt: NOW,
};

const sales: Owner = {
  id: "o1",
  assetPattern: "warehouse.sales.*",
  owner: "sales team",
  actor: "key:bob/0123456789ab",
  author: "bob (key:bob/0123456789ab)",
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
    .on("GET", "/maintenance", page([reload]))
    .on("GET", "/owners", page([sales]))
    .on("GET", "/deliveries", page([failed]))
    .on("GET", "/deliveries/held", page([]));
});

async function visit(path = "/notifications") {
  const { hook, searchHook } = memoryLocation({ path });
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
    await user.type(form.getByLabelText(/^Why/), "moving");
    await user.selectOptions(form.getByLabelText("For"), "24");
    await user.click(form.getByRole("button", { name: "Silence" }));
    await settle();
    const body = edge.of("POST", "/silences")[0]?.body as { endsAt: string };
    expect(body).toMatchObject({ assetPattern: "crm.*", comment: "moving" });
    const hours = (Date.parse(body.endsAt) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(23.9);
    await user.click(screen.getByRole("button", { name: /^End now/ }));
    await settle();
    expect(edge.of("DELETE", "/silences/q1")).toHaveLength(1);
  });

  it("change a silence in its place", async () => {
    edge.on("PUT", "/silences/q1", one(silence));
    await visit();
    await user.click(screen.getByRole("button", { name: "Change the silence of crm.*" }));
    const form = within(screen.getByRole("dialog", { name: "Change the silence" }));
    await user.click(form.getByLabelText("Sudden drop"));
    await user.selectOptions(form.getByLabelText("For"), "1");
    await user.click(form.getByRole("button", { name: "Save" }));
    await settle();
    expect(edge.of("PUT", "/silences/q1")[0]?.body).toEqual({
      assetPattern: "crm.*",
      source: null,
      alertTypes: ["sudden_drop"],
      comment: "known",
      startsAt: "2026-11-24T12:00:00.000Z",
      endsAt: "2026-11-24T13:00:00.000Z",
    });
  });

  it("find the silence that keeps quiet about an alert longest", () => {
    const alert = anAlert({ assetId: "crm.leads", source: "etl", alertType: "sudden_drop" });
    const until = (endsAt: string, part: Partial<Silence> = {}) => ({
      ...silence,
      endsAt,
      ...part,
    });
    const [short, long] = [until("2026-11-24T13:00:00Z"), until("2026-11-24T14:00:00Z")];
    const others = [
      until("2026-11-25T00:00:00Z", { assetPattern: "sales.*" }),
      until("2026-11-25T00:00:00Z", { source: "other" }),
      until("2026-11-25T00:00:00Z", { alertTypes: ["new_issues"] }),
      until("2026-11-25T00:00:00Z", { startsAt: "2026-11-24T12:31:00Z" }),
      until("2026-11-24T12:30:00Z"),
    ];
    const now = Date.parse("2026-11-24T12:30:00Z");
    expect(silenceOver([short, ...others, long], alert, now)).toBe(long);
    expect(silenceOver(others, alert, now)).toBeNull();
  });

  it("silence what is like an alert, from the alert itself", async () => {
    const alert = anAlert({ assetId: "crm.leads[1]", message: "leads fell" });
    edge.on("GET", "/alerts", page([alert])).on("POST", "/silences", () => [201, one(silence)]);
    edge.on("GET", `/alerts/${alert.id}/audit`, page([])).on("GET", "/metrics/history", page([]));
    await visit(`/alerts?alert=${alert.id}`);
    await user.click(screen.getByRole("button", { name: "Silence" }));
    const form = within(screen.getByRole("dialog", { name: "Silence alerts" }));
    await user.click(form.getByRole("button", { name: "Silence" }));
    await settle();
    expect(edge.of("POST", "/silences")[0]?.body).toMatchObject({
      assetPattern: "crm.leads[[]1]",
      alertTypes: [alert.alertType],
      comment: "Known: leads fell",
    });
    expect(screen.queryByRole("dialog", { name: "Silence alerts" })).toBeNull();
    expect(screen.getByRole("dialog", { name: "leads fell" })).toBeInTheDocument();
  });

  it("leave silencing to who takes steps", async () => {
    edge.on("GET", "/me", one({ actor: "key:ann", role: "viewer", assets: ["*"] }));
    await visit();
    expect(screen.queryByRole("button", { name: "Silence" })).toBeNull();
    for (const name of [/^End now/, "Plan", "Name an owner", /^Edit the owner/, /^Edit reload/]) {
      expect(screen.queryByRole("button", { name })).toBeNull();
    }
    expect(screen.getByText("sales team")).toBeInTheDocument();
    expect(screen.getByText("reload")).toBeInTheDocument();
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

describe("Maintenance", () => {
  it("is planned once, and told in words where it repeats", async () => {
    edge.on("POST", "/maintenance", () => [201, one(reload)]);
    await visit();
    expect(region("Maintenance").getByText(/warehouse/)).toHaveTextContent(
      "warehouse.* · Sundays, 02:30 Europe/Berlin, for 1 h 30 min",
    );
    await user.click(screen.getByRole("button", { name: "Plan" }));
    const form = within(screen.getByRole("dialog", { name: "Plan maintenance" }));
    await user.type(form.getByLabelText("Name"), "move");
    await user.type(form.getByLabelText(/^Source/), "airflow");
    const submit = form.getByRole("button", { name: "Plan" });
    expect(submit).toBeDisabled();
    fireEvent.change(form.getByLabelText("From"), { target: { value: "2026-11-24T22:00" } });
    fireEvent.change(form.getByLabelText("Until"), { target: { value: "2026-11-24T23:00" } });
    await user.click(submit);
    await settle();
    expect(edge.of("POST", "/maintenance")[0]?.body).toEqual({
      name: "move",
      assetPattern: null,
      source: "airflow",
      startsAt: new Date("2026-11-24T22:00").toISOString(),
      endsAt: new Date("2026-11-24T23:00").toISOString(),
      schedule: null,
      durationSeconds: null,
      timeZone: null,
      enabled: true,
    });
  });

  it.each(["30 2 * * sun", "0 0 * * *", "5 23 * * mon-fri", "*/5 1,2 1 * *"])(
    "keeps its schedule when it is edited: %s",
    (schedule) => {
      const window = { ...reload, schedule };
      const { id, actor, author, scope, createdAt, updatedAt, ...rest } = window;
      expect(windowRequestOf(windowDraftOf(window))).toEqual(rest);
    },
  );

  it("tells a schedule it has no words for as it is", () => {
    expect(occasions({ ...reload, schedule: "*/5 1 * * *" })).toMatch(/^\*\/5 1 \* \* \* Europe/);
    expect(newWindow().timeZone).not.toBe("");
  });
});

describe("Owners", () => {
  it("are named by pattern; one there is already is changed", async () => {
    edge.on("PUT", "/owners/o1", one(sales)).on("POST", "/owners", () => [201, one(sales)]);
    await visit();
    for (const pattern of ["warehouse.sales.*", "crm.*"]) {
      await user.click(screen.getByRole("button", { name: "Name an owner" }));
      const form = within(screen.getByRole("dialog", { name: "Name an owner" }));
      await user.type(form.getByLabelText(/^Owner/), "ann");
      await user.type(form.getByLabelText(/^Assets/), pattern);
      await user.click(form.getByRole("button", { name: "Save" }));
      await settle();
    }
    expect(edge.of("PUT", "/owners/o1")[0]?.body).toEqual({
      assetPattern: "warehouse.sales.*",
      owner: "ann",
    });
    expect(edge.of("POST", "/owners")[0]?.body).toEqual({ assetPattern: "crm.*", owner: "ann" });
  });

  it("are those of the longest pattern that matches", () => {
    const wide = { ...sales, assetPattern: "warehouse.*", owner: "platform" };
    expect(ownerOf([wide, sales], "warehouse.sales.orders")).toBe(sales);
    expect(ownerOf([sales, wide], "warehouse.hr.people")).toBe(wide);
    expect(ownerOf([sales, wide], "crm.leads")).toBeNull();
    const last = { ...wide, assetPattern: "warehouse.?" };
    expect(ownerOf([last, wide], "warehouse.x")).toBe(last);
  });

  it("stand on the asset's page, where they can be changed", async () => {
    edge.on("GET", /^\/assets\/.+/, one(anAsset())).on("POST", "/owners", () => [201, one(sales)]);
    await visit("/assets/warehouse.sales.orders");
    expect(screen.getByText("sales team")).toBeInTheDocument();
    expect(screen.getByText("of warehouse.sales.*")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Change the owner" }));
    const form = within(screen.getByRole("dialog", { name: "Name an owner" }));
    await user.type(form.getByLabelText(/^Owner/), "orders team");
    await user.click(form.getByRole("button", { name: "Save" }));
    await settle();
    expect(edge.of("POST", "/owners")[0]?.body).toEqual({
      assetPattern: exactly("warehouse.sales.orders"),
      owner: "orders team",
    });
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

// How smooth the pages stay: frames per second in headless Chromium while values change.
//
//   node e2e/frames.mjs http://127.0.0.1:3002 [updates per second] [seconds] [scenes named like this]
//
// Leaves 10,000 active alerts and 50,000 values of one asset in the stack: not for one in use.
// Where the stack leaves the browser too little of the machine, `chrt -r 1 node e2e/frames.mjs ...`
// gives it a machine of its own, as those have who look at the page.
import { launch } from "./browser.mjs";
import { score, send, steadily, until } from "./load.mjs";

const [base = "http://127.0.0.1:3002", rate = "100", seconds = "10", wanted = ""] =
  process.argv.slice(2);
const ASSETS = 50;
const ALERTS = 10_000;
const POINTS = 50_000;
/** Assets whose drop is kept for the measurement. */
const SPARE = 3_000;
const DAY = 86_400_000;
/** A run of its own assets, so that it finds none of another. */
const run = `frames.${Date.now()}`;

/** Every event moves a score by 2 points, up and down: a change, and no alert. */
function wavering(assets) {
  let turn = 0;
  return () => {
    const round = Math.floor(turn / assets.length);
    return score(`${run}.${assets[turn++ % assets.length]}`, 50 + 2 * (round & 1));
  };
}

/** Every event drops the score of an asset that has not dropped yet: an alert. */
function dropping() {
  let turn = 0;
  return () => score(`${run}.spare_${turn++ % SPARE}`, 60);
}

const ids = (name, count) => Array.from({ length: count }, (_, index) => `${run}.${name}_${index}`);

async function prepareAlerts() {
  const alerts = ids("alert", ALERTS);
  await send(
    base,
    [...alerts, ...ids("spare", SPARE)].map((id) => score(id, 90)),
  );
  await send(
    base,
    alerts.map((id) => score(id, 60)),
  );
  await until(base, `/alerts?assetId=${alerts.at(-1)}`, ({ count }) => count === 1);
}

async function prepareChart() {
  const begin = Date.now() - DAY + 60_000;
  const step = (DAY - 120_000) / POINTS;
  const values = Array.from({ length: POINTS }, (_, index) =>
    score(`${run}.chart`, 50 + 2 * (index & 1), begin + index * step),
  );
  await send(base, values);
  const last = begin + (POINTS - 1) * step - 1_000;
  await until(
    base,
    `/metrics/history?assetId=${run}.chart&metricType=score&limit=1`,
    ({ data }) => Date.parse(data[0]?.timestamp ?? 0) >= last,
  );
}

/** Runs in the page: animation frames and the longest waits between two of them. */
function count([milliseconds, scrolled]) {
  return new Promise((resolve) => {
    const list = scrolled && document.querySelector(scrolled);
    const times = [];
    const tick = (time) => {
      times.push(time);
      if (list) list.scrollTop += 40;
      if (time - times[0] < milliseconds) requestAnimationFrame(tick);
      else resolve(summary());
    };
    const summary = () => {
      const gaps = times.slice(1).map((time, index) => time - times[index]);
      gaps.sort((a, b) => a - b);
      return {
        fps: (1000 * gaps.length) / (times.at(-1) - times[0]),
        p99: gaps[Math.floor(gaps.length * 0.99)],
        worst: gaps.at(-1),
      };
    };
    requestAnimationFrame(tick);
  });
}

/** Messages of some types that a page receives. */
function countUpdates(page) {
  const counter = { updates: 0 };
  page.on("websocket", (socket) =>
    socket.on("framereceived", ({ payload }) => {
      if (/"type":"(metric_change|alert)"/.test(String(payload))) counter.updates++;
    }),
  );
  return counter;
}

/** Have every alert that matches loaded. */
async function loadAll(page) {
  await page.getByRole("checkbox", { name: "Select all shown" }).check();
  await page.getByRole("button", { name: "Select all that match" }).click();
  await page.getByText(/^[\d,]+ selected$/).waitFor();
  await page.getByRole("button", { name: "Select all that match" }).waitFor({ state: "detached" });
  await page.getByText("Clear", { exact: true }).click();
}

async function choose24h(page) {
  await page.getByRole("button", { name: "24 h" }).click();
  await page.getByRole("application").waitFor({ timeout: 120_000 });
}

const many = Array.from({ length: ASSETS }, (_, index) => `asset_${index}`);
const drop = dropping();
const scenes = [
  { name: "overview", path: "/", make: wavering(many) },
  { name: "assets, 10,000 of them", path: "/assets", needs: prepareAlerts, make: wavering(many) },
  {
    name: "one asset, 50,000 points",
    path: `/assets/${run}.chart`,
    needs: prepareChart,
    make: wavering(["chart"]),
    arrange: choose24h,
  },
  {
    name: "alerts, 10,000, at the top",
    path: `/alerts?asset=${run}.*`,
    needs: prepareAlerts,
    make: drop,
    arrange: loadAll,
  },
  {
    name: "alerts, 10,000, scrolled",
    path: `/alerts?asset=${run}.*`,
    needs: prepareAlerts,
    make: drop,
    arrange: loadAll,
    scrolled: "[data-alert]",
  },
].filter(({ name }) => name.includes(wanted));

for (const prepare of new Set(scenes.map(({ needs }) => needs))) await prepare?.();
const browser = await launch();
let slow = false;
for (const { name, path, make, arrange, scrolled } of scenes) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const counter = countUpdates(page);
  await page.goto(base + path);
  await page.locator('[data-phase="open"]').waitFor();
  await page.waitForTimeout(3_000);
  await arrange?.(page);
  const stop = steadily(base, Number(rate), make);
  await page.waitForTimeout(1_000);
  const before = counter.updates;
  const viewport = scrolled && "div:has(> ul > [data-alert])";
  const { fps, p99, worst } = await page.evaluate(count, [Number(seconds) * 1000, viewport]);
  const updates = (counter.updates - before) / Number(seconds);
  stop();
  slow ||= fps < 50;
  console.log(
    `${name.padEnd(26)} ${updates.toFixed(0).padStart(4)} updates/s  ${fps.toFixed(1)} frames/s  ` +
      `p99 ${p99.toFixed(1)} ms  worst ${worst.toFixed(1)} ms`,
  );
  await page.close();
}
await browser.close();
process.exit(slow ? 1 : 0);

// How long it takes from sending an event to seeing it: through POST events, Kafka, the worker,
// Kafka again, the edge and the WebSocket to a frame of headless Chromium.
//
//   node e2e/latency.mjs http://127.0.0.1:3002 [events]
import { launch } from "./browser.mjs";
import { score, send, until } from "./load.mjs";

const [base = "http://127.0.0.1:3002", events = "200"] = process.argv.slice(2);
const COUNT = Number(events);
/** Between two events, ms; drawn anew each time, so as not to fall in step with a clock. */
const PAUSE = 150;
const run = `latency.${Date.now()}`;
const idOf = (number) => `${run}.asset_${number}`;
const ID = /latency\.\d+\.asset_\d+/;

/** Runs in the page: when each asset first stood in a frame. */
function watch([selector, pattern]) {
  const expression = new RegExp(pattern);
  const seen = {};
  new MutationObserver(() => {
    for (const element of document.querySelectorAll(selector)) {
      const id = expression.exec(element.textContent)?.[0];
      if (!id || id in seen) continue;
      seen[id] = null;
      requestAnimationFrame(() => {
        seen[id] = Date.now();
      });
    }
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
  window.seen = seen;
}

/** When the socket first told of each asset. */
function listen(page) {
  const heard = {};
  page.on("websocket", (socket) =>
    socket.on("framereceived", ({ payload }) => {
      const id = ID.exec(String(payload))?.[0];
      if (id) heard[id] ??= Date.now();
    }),
  );
  return heard;
}

function summary(sent, arrived) {
  const waits = Object.entries(sent).map(([id, at]) => (arrived[id] ?? Number.NaN) - at);
  const lost = waits.filter(Number.isNaN).length;
  const sorted = waits.filter((wait) => !Number.isNaN(wait)).sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return `p50 ${at(0.5)} ms  p99 ${at(0.99)} ms  worst ${sorted.at(-1)} ms${lost ? `  ${lost} not seen` : ""}`;
}

async function measure(browser, { name, path, selector, value }) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const heard = listen(page);
  await page.goto(base + path);
  await page.locator('[data-phase="open"]').waitFor();
  await page.waitForTimeout(2_000);
  await page.evaluate(watch, [selector, ID.source]);
  const sent = {};
  for (let number = 0; number < COUNT; number++) {
    sent[idOf(number)] = Date.now();
    await send(base, [score(idOf(number), value)]);
    await page.waitForTimeout(PAUSE * (0.5 + Math.random()));
  }
  await page.waitForTimeout(2_000);
  const seen = await page.evaluate(() => window.seen);
  console.log(`${name.padEnd(8)} at the socket  ${summary(sent, heard)}`);
  console.log(`${name.padEnd(8)} on the screen  ${summary(sent, seen)}`);
  await page.close();
}

await send(
  base,
  Array.from({ length: COUNT }, (_, number) => score(idOf(number), 90)),
);
await until(base, `/assets?assetId=${idOf(COUNT - 1)}`, ({ count }) => count === 1);
const browser = await launch();
await measure(browser, { name: "changes", path: "/", selector: "li", value: 88 });
await measure(browser, { name: "alerts", path: "/alerts", selector: "[data-alert]", value: 60 });
await browser.close();

// How smooth the pages stay: frames per second while values change.
//
//   node e2e/frames.mjs http://127.0.0.1:3002 [updates per second] [seconds]
//
// Sends events to POST events and counts animation frames in headless Chromium. The edge
// must be one where anybody may send events (authentication off on loopback).
import { launch } from "./browser.mjs";

const [base = "http://127.0.0.1:3002", rate = "100", seconds = "10"] = process.argv.slice(2);
const ASSETS = 50;
const BATCHES = 10;

let turn = 0;
let value = 50;

/** Every event moves its asset's score by 2 points, up and down: a change, and no alert. */
function batch(size) {
  return Array.from({ length: size }, () => {
    if (turn % ASSETS === 0) value = value === 50 ? 52 : 50;
    return {
      assetId: `frames.asset_${turn++ % ASSETS}`,
      metricType: "score",
      value,
      timestamp: new Date().toISOString(),
    };
  });
}

async function send(size) {
  const response = await fetch(`${base}/api/quality/realtime/events`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(batch(size)),
  });
  if (!response.ok) throw new Error(`POST events: ${response.status} ${await response.text()}`);
}

/** Runs in the page: animation frames and the longest wait between two of them. */
function count(milliseconds) {
  return new Promise((resolve) => {
    const times = [];
    const tick = (time) => {
      times.push(time);
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

/** Messages of one type that a page receives. */
function countChanges(page) {
  const counter = { changes: 0 };
  page.on("websocket", (socket) =>
    socket.on("framereceived", ({ payload }) => {
      if (String(payload).includes('"metric_change"')) counter.changes++;
    }),
  );
  return counter;
}

await send(ASSETS);
await send(ASSETS);
const sending = setInterval(() => void send(Number(rate) / BATCHES), 1000 / BATCHES);
const browser = await launch();
let slow = false;
for (const path of ["/", "/alerts", "/assets", "/assets/frames.asset_0"]) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const counter = countChanges(page);
  await page.goto(base + path);
  await page.waitForTimeout(3_000);
  const before = counter.changes;
  const { fps, p99, worst } = await page.evaluate(count, Number(seconds) * 1000);
  const updates = (counter.changes - before) / Number(seconds);
  slow ||= fps < 50;
  console.log(
    `${path.padEnd(26)} ${updates.toFixed(0).padStart(4)} updates/s  ${fps.toFixed(1)} frames/s  ` +
      `p99 ${p99.toFixed(1)} ms  worst ${worst.toFixed(1)} ms`,
  );
  await page.close();
}
clearInterval(sending);
await browser.close();
process.exit(slow ? 1 : 0);

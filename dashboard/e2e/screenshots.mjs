// Takes the pictures in docs/images from a running stack.
//
//   node e2e/screenshots.mjs http://127.0.0.1:3002 [asset id]
import { mkdir } from "node:fs/promises";
import { launch } from "./browser.mjs";

const [base = "http://127.0.0.1:3002", asked] = process.argv.slice(2);
const FOLDER = new URL("../../docs/images/", import.meta.url).pathname;

/** The asset with the most alerts, or the one asked for. */
async function liveliest() {
  if (asked) return asked;
  const answer = await fetch(`${base}/api/quality/realtime/assets?limit=1000`);
  const { data } = await answer.json();
  data.sort((a, b) => b.activeAlerts - a.activeAlerts);
  if (data.length === 0) throw new Error("There is nothing to show: start a feed first");
  return data[0].assetId;
}

const pictures = [
  // A minute of live scores for the line beside the ring.
  { name: "overview", path: "/", colorScheme: "light", wait: 60_000 },
  { name: "alerts", path: "/alerts?severity=critical,high,medium", colorScheme: "dark" },
  { name: "asset", path: `/assets/${encodeURIComponent(await liveliest())}`, colorScheme: "light" },
];

await mkdir(FOLDER, { recursive: true });
const browser = await launch();
for (const { name, path, colorScheme, wait = 4_000 } of pictures) {
  const page = await browser.newPage({ colorScheme, viewport: { width: 1440, height: 900 } });
  await page.goto(base + path);
  await page.locator('[data-phase="open"]').waitFor();
  await page.waitForTimeout(wait);
  await page.screenshot({ path: `${FOLDER}${name}.png` });
  await page.close();
}
await browser.close();

// Node's ws, every message serialised once: `string`, as it is used, or `buffer`, its bytes.
import { createInterface } from "node:readline";
import { WebSocketServer } from "ws";

const FRAME_BYTES = 250 - 4;
const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false, backlog: 4096 });
server.on("listening", () => console.log(`port ${server.address().port}`));

function message(number) {
  const made = { type: "metric_change", payload: { assetId: "warehouse.sales.orders", value: number, pad: "" } };
  made.payload.pad = "x".repeat(FRAME_BYTES - JSON.stringify(made).length);
  return JSON.stringify(made);
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let number = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const [, count, interval] = line.split(" ");
  for (let i = 0; i < Number(count); i++) {
    const started = performance.now();
    const json = message(++number);
    const text = process.argv[2] === "buffer" ? Buffer.from(json) : json;
    for (const client of server.clients) client.send(text, { binary: false });
    await pause(Math.max(0, Number(interval) * 1000 - (performance.now() - started)));
  }
  console.log("pushed");
}
process.exit(0);

// Events for measurements, sent to a running edge by POST events. It must be an edge where
// anybody may send them (authentication off on loopback).

/** Most events in one request. */
const BATCH = 1_000;
/** Requests a second of a steady load. */
const BEATS = 10;

/** One score of one asset. */
export function score(assetId, value, time = Date.now()) {
  return { assetId, metricType: "score", value, timestamp: new Date(time).toISOString() };
}

export async function send(base, events) {
  for (let start = 0; start < events.length; start += BATCH) {
    const response = await fetch(`${base}/api/quality/realtime/events`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(events.slice(start, start + BATCH)),
    });
    if (!response.ok) throw new Error(`POST events: ${response.status} ${await response.text()}`);
  }
}

/** Send `rate` events a second, made one by one; returns how to stop. */
export function steadily(base, rate, make) {
  const timer = setInterval(
    () => void send(base, Array.from({ length: rate / BEATS }, make)),
    1000 / BEATS,
  );
  return () => clearInterval(timer);
}

/** Ask until `enough` is true of the answer's body. */
export async function until(base, path, enough) {
  for (;;) {
    const response = await fetch(`${base}/api/quality/realtime${path}`);
    if (response.ok && enough(await response.json())) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

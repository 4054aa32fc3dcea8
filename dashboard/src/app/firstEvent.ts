/** How to send a first event, as a command to copy. */
export function firstEventCommand(restBase: string, time = new Date()): string {
  const event = {
    assetId: "warehouse.sales.orders",
    metricType: "score",
    value: 97.5,
    timestamp: time.toISOString().replace(/\.\d+Z$/, "Z"),
  };
  return [
    `curl -X POST ${restBase}/events \\`,
    "  -H 'content-type: application/json' \\",
    `  -d '${JSON.stringify(event)}'`,
  ].join("\n");
}

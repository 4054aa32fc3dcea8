/** An edge of the test's own: a process on a port of its own, to be stopped and started again. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { MetricType } from "../src/wire";

const READY_WITHIN = 30_000;

export interface Event {
  assetId: string;
  metricType: MetricType;
  value: number;
  timestamp?: string;
}

export class Edge {
  readonly base: string;
  readonly #port: number;
  #process: ChildProcess | null = null;

  private constructor(port: number) {
    this.#port = port;
    this.base = `http://127.0.0.1:${port}`;
  }

  /** Start an edge on a free port. Its other settings are in the environment. */
  static async start(): Promise<Edge> {
    const edge = new Edge(await freePort());
    await edge.startAgain();
    return edge;
  }

  async startAgain(): Promise<void> {
    const python = process.env.TIDEMARK_PYTHON ?? "python";
    this.#process = spawn(python, ["-m", "cli.main", "edge"], {
      cwd: "..",
      env: { ...process.env, TIDEMARK_HTTP_PORT: String(this.#port) },
      stdio: ["ignore", "inherit", "inherit"],
    });
    await until(`the edge at ${this.base} is ready`, READY_WITHIN, async () => {
      const answer = await fetch(`${this.base}/readyz`).catch(() => null);
      return answer?.ok === true;
    });
  }

  /** End the process and wait until it is gone. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const ending = this.#process;
    this.#process = null;
    if (!ending || ending.exitCode !== null) return;
    const gone = new Promise((resolve) => ending.once("exit", resolve));
    ending.kill(signal);
    await gone;
  }

  /** Send events; resolves once Kafka has them. */
  async send(...events: Event[]): Promise<void> {
    const now = new Date().toISOString();
    const response = await fetch(`${this.base}/api/quality/realtime/events`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(events.map((event) => ({ timestamp: now, ...event }))),
    });
    if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`);
  }

  /** Wait until the asset is in the registry, and with it everything sent before. */
  async knows(assetId: string): Promise<void> {
    await until(`${assetId} is known`, READY_WITHIN, async () => {
      const path = `/api/quality/realtime/assets/${encodeURIComponent(assetId)}`;
      return (await fetch(this.base + path)).ok;
    });
  }
}

export async function until(
  what: string,
  within: number,
  check: () => Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + within;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`Not within ${within} ms: ${what}`);
    await sleep(50);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === "object" && address) resolve(address.port);
        else reject(new Error("No port"));
      });
    });
  });
}

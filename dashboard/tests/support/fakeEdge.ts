import { vi } from "vitest";

export interface Asked {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Headers;
  body: unknown;
}

type Answer = (asked: Asked) => object | [status: number, body: object];

/** Stands in for the edge's REST: answers by method and path, remembers what it was asked. */
export class FakeEdge {
  readonly asked: Asked[] = [];
  readonly #answers: [method: string, path: RegExp, answer: Answer][] = [];

  constructor() {
    vi.stubGlobal("fetch", (url: string, init: RequestInit) => this.#fetch(url, init));
  }

  on(method: string, path: string | RegExp, answer: Answer | object): this {
    const pattern = typeof path === "string" ? new RegExp(`^${path}$`) : path;
    const given = typeof answer === "function" ? (answer as Answer) : () => answer;
    this.#answers.unshift([method, pattern, given]);
    return this;
  }

  /** Requests of one method and path. */
  of(method: string, path: string): Asked[] {
    return this.asked.filter((one) => one.method === method && one.path === path);
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    const address = new URL(url);
    const asked: Asked = {
      method: init.method ?? "GET",
      path: address.pathname.replace("/api/quality/realtime", ""),
      query: Object.fromEntries(address.searchParams),
      headers: new Headers(init.headers),
      body: init.body ? JSON.parse(String(init.body)) : undefined,
    };
    this.asked.push(asked);
    const found = this.#answers.find(
      ([method, path]) => method === asked.method && path.test(asked.path),
    );
    const answer = found?.[2](asked) ?? [404, { success: false, detail: `no ${asked.path}` }];
    const [status, body] = Array.isArray(answer) ? answer : [200, answer];
    return new Response(JSON.stringify(body), { status });
  }
}

export const page = (data: object[], nextCursor: string | null = null) => ({
  success: true,
  data,
  count: data.length,
  nextCursor,
});

export const one = (data: object) => ({ success: true, data, count: 1 });

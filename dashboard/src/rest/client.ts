/** Requests to the edge: one place for addresses, tokens and what goes wrong. */

export interface Endpoint {
  /** Address of the REST root, without a slash at its end. */
  base: string;
  token?: string | (() => string | Promise<string>);
}

/** What the edge answered when it refused, in its own words (RFC 9457). */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, message: string, body: unknown) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

export type Query = Record<
  string,
  string | number | boolean | readonly string[] | null | undefined
>;

interface RequestOptions {
  query?: Query;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Ask the edge and return the JSON body. */
export async function request<T>(
  endpoint: Endpoint,
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  options: RequestOptions = {},
): Promise<T> {
  const { query, body, headers, signal } = options;
  const token = await (typeof endpoint.token === "function" ? endpoint.token() : endpoint.token);
  const response = await fetch(`${endpoint.base}${path}${queryString(query)}`, {
    method,
    signal,
    headers: {
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new Problem(0, "The server cannot be reached", null);
  });
  const answer: unknown = await response.json().catch(() => null);
  if (!response.ok) throw new Problem(response.status, explain(response, answer), answer);
  return answer as T;
}

/** `?a=1&b=2`, arrays joined by commas, what is empty left out. */
export function queryString(query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    const text = Array.isArray(value) ? value.join(",") : String(value ?? "");
    if (text !== "") params.set(name, text);
  }
  const text = params.toString();
  return text ? `?${text}` : "";
}

function explain(response: Response, answer: unknown): string {
  const problem = (answer ?? {}) as { detail?: unknown; title?: unknown; error?: unknown };
  for (const text of [problem.detail, problem.error, problem.title]) {
    if (typeof text === "string" && text) return text;
  }
  return `The server answered ${response.status} ${response.statusText}`.trim();
}

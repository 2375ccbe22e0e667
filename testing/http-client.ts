/** The HTTP client of the tests: plain requests, as any program would send them. */
export interface OrderBody {
  name: string;
  type: "buy" | "sell";
  quantity: number;
  expected_price?: number;
}

/** An API that is reached without an address, such as that of a market in this process. */
export interface Api {
  /** `path` is the request's path with its query. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

/** Where requests go: an address such as `http://127.0.0.1:8080`, or an API without one. */
export type Target = string | Api;

export const buyOne: OrderBody = { name: "GameStart", type: "buy", quantity: 1 };

/** A GET, or a POST when there is a body: text is sent as it is, anything else as JSON. */
export function ask(
  target: Target,
  path: string,
  headers: Record<string, string> = {},
  body?: unknown,
  signal?: AbortSignal,
): Promise<Response> {
  const abort = signal ? { signal } : {};
  if (body === undefined) return send(target, path, { headers, ...abort });
  return send(target, path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...abort,
  });
}

/** POST /orders, with an idempotency key when one is given. */
export function postOrder(
  target: Target,
  order: OrderBody,
  key?: string,
  signal?: AbortSignal,
): Promise<Response> {
  return ask(target, "/orders", key ? { "idempotency-key": key } : {}, order, signal);
}

/** The header of a caller that has this API key or service secret. */
export function bearer(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}` };
}

function send(target: Target, path: string, init: RequestInit): Promise<Response> {
  return typeof target === "string" ? fetch(target + path, init) : target.fetch(path, init);
}

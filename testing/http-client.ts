/** The HTTP client of the tests: plain requests, as any program would send them. */
export interface OrderBody {
  name: string;
  type: "buy" | "sell";
  quantity: number;
  expected_price?: number;
}

export const buyOne: OrderBody = { name: "GameStart", type: "buy", quantity: 1 };

/** A GET, or a POST when there is a body: text is sent as it is, anything else as JSON. */
export function ask(
  url: string,
  path: string,
  headers: Record<string, string> = {},
  body?: unknown,
  signal?: AbortSignal,
): Promise<Response> {
  const abort = signal ? { signal } : {};
  if (body === undefined) return fetch(url + path, { headers, ...abort });
  return fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...abort,
  });
}

/** POST /orders, with an idempotency key when one is given. */
export function postOrder(
  url: string,
  order: OrderBody,
  key?: string,
  signal?: AbortSignal,
): Promise<Response> {
  return ask(url, "/orders", key ? { "idempotency-key": key } : {}, order, signal);
}

/** The header of a caller that has this API key or service secret. */
export function bearer(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}` };
}

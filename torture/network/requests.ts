/** A whole HTTP request as it was received, headers and body. */
export interface HttpRequest {
  method: string;
  path: string;
  bytes: Buffer;
  /** Where its body begins in `bytes`. */
  bodyStart: number;
}

const endOfHeaders = "\r\n\r\n";

/** Splits the bytes of one connection into requests. Every client here sends Content-Length. */
export class RequestReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The requests that these bytes complete. Throws on a body without a length. */
  push(bytes: Buffer): HttpRequest[] {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const whole: HttpRequest[] = [];
    for (let next = this.#next(); next; next = this.#next()) whole.push(next);
    return whole;
  }

  #next(): HttpRequest | undefined {
    const end = this.#rest.indexOf(endOfHeaders);
    if (end < 0) return undefined;
    const bodyStart = end + endOfHeaders.length;
    const head = this.#rest.toString("latin1", 0, end);
    if (/^transfer-encoding:/im.test(head)) throw new Error("a chunked request cannot be split");
    const bodyBytes = Number(/^content-length:\s*(\d+)/im.exec(head)?.[1] ?? 0);
    if (this.#rest.length < bodyStart + bodyBytes) return undefined;
    const bytes = this.#rest.subarray(0, bodyStart + bodyBytes);
    this.#rest = this.#rest.subarray(bytes.length);
    const [method = "", path = ""] = head.split(" ", 2);
    return { method, path, bytes, bodyStart };
  }
}

/** The idempotency keys of the orders in a request of a client or a frontend. */
export function orderKeysIn({ method, path, bytes, bodyStart }: HttpRequest): string[] {
  if (method !== "POST" || path !== "/orders") return [];
  const key = /^idempotency-key:\s*(\S+)/im.exec(bytes.toString("latin1", 0, bodyStart))?.[1];
  if (key !== undefined) return [key];
  const { orders = [] } = JSON.parse(bytes.toString("utf8", bodyStart)) as { orders?: { key: string }[] };
  return orders.map((order) => order.key);
}

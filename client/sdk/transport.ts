import { repeat, type AttemptLimits, type Unsettled } from "./attempts.ts";
import { isOutcomeUnknown, orderError } from "./errors.ts";
import { readReply, type Attempt } from "./reply.ts";
import { isRetryable } from "./retry.ts";
import type { CallError, Fetch, Result, TransportReason } from "./types.ts";

export interface TransportOptions extends AttemptLimits {
  /** Without a slash at the end. */
  baseUrl: string;
  apiKey: string | undefined;
  fetch: Fetch;
}

export interface Call {
  /** The path after the base URL, with the query. */
  path: string;
  signal?: AbortSignal | undefined;
  /** When it is set, the call is a POST with this JSON body. */
  post?: { body: string; idempotencyKey?: string };
}

/** Sends calls to the market and parses the replies. */
export class Transport {
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** Sends a call, with retries, until it has its final reply. The error of an order has its idempotency key. */
  async send(call: Call): Promise<Result<{ data: unknown }>> {
    let wasLost = false;
    const last = await this.repeat(
      call.signal,
      async (timeoutMs) => {
        const attempt = await this.attempt(call, timeoutMs);
        wasLost ||= "error" in attempt && isOutcomeUnknown(attempt.error);
        return attempt;
      },
      (attempt) => ("error" in attempt && isRetryable(attempt.error) ? attempt : undefined),
    );
    if ("body" in last) return { data: last.body, error: null };
    const key = call.post?.idempotencyKey;
    return { data: null, error: key === undefined ? last.error : orderError(last.error, wasLost, key) };
  }

  /** `repeat` with the limits of this client. */
  repeat<T>(
    signal: AbortSignal | undefined,
    attempt: (timeoutMs: number) => Promise<T>,
    unsettled: (last: T) => Unsettled | undefined,
  ): Promise<T> {
    return repeat(this.#options, signal, attempt, unsettled);
  }

  /** Sends a call once. */
  async attempt(call: Call, timeoutMs: number): Promise<Attempt> {
    if (call.signal?.aborted) return failed("aborted", "the caller ended the call");
    const controller = new AbortController();
    const abort = () => controller.abort();
    const timer = setTimeout(abort, timeoutMs);
    call.signal?.addEventListener("abort", abort);
    try {
      const response = await this.open(call.path, { ...requestOf(call), signal: controller.signal });
      return readReply(response, await response.text());
    } catch (cause) {
      if (call.signal?.aborted) return failed("aborted", "the caller ended the call");
      if (controller.signal.aborted) return failed("timeout", `no answer within ${Math.round(timeoutMs)} ms`);
      return { error: networkError(cause), retryAfterMs: 0 };
    } finally {
      clearTimeout(timer);
      call.signal?.removeEventListener("abort", abort);
    }
  }

  /** One request with this client's base URL and API key. Rejects when `fetch` rejects. */
  open(path: string, init: RequestInit): Promise<Response> {
    const { baseUrl, apiKey, fetch } = this.#options;
    const headers = new Headers(init.headers);
    if (apiKey !== undefined) headers.set("Authorization", `Bearer ${apiKey}`);
    return fetch(baseUrl + path, { ...init, headers });
  }
}

function requestOf({ post }: Call): RequestInit {
  if (!post) return { method: "GET" };
  const { body, idempotencyKey } = post;
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (idempotencyKey !== undefined) headers["Idempotency-Key"] = idempotencyKey;
  return { method: "POST", headers, body };
}

function failed(reason: TransportReason, message: string): Attempt {
  return { error: { code: 0, message, reason }, retryAfterMs: 0 };
}

export function networkError(cause: unknown): CallError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return { code: 0, message, reason: "network_error" };
}

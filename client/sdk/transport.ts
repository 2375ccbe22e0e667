import { repeat, unlessAborted, type AttemptLimits, type Unsettled } from "./attempts.ts";
import { isOutcomeUnknown, orderError } from "./errors.ts";
import { isRecord, readReply, redirectIn, type Attempt, type Body, type FailedAttempt } from "./reply.ts";
import { isRetryable } from "./retry.ts";
import type { CallError, Fetch, Result, TransportReason } from "./types.ts";

export interface TransportOptions extends AttemptLimits {
  /** Without a slash at the end. */
  baseUrl: string;
  apiKey: string | undefined;
  fetch: Fetch;
}

export interface Call<Data> {
  /** The path after the base URL, with the query. */
  path: string;
  /** Whether the data of a success is what this call asks for. */
  isExpected: (data: unknown) => data is Data;
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

  /** The data of a call, which is sent as by `sendForBody`. */
  async send<Data>(call: Call<Data>): Promise<Result<Data>> {
    const { data: body, error } = await this.sendForBody(call);
    return error ? { data: null, error } : { data: body.data, error: null };
  }

  /** Sends a call, with retries, until it has its final reply. The error of an order has its idempotency key. */
  async sendForBody<Data>(call: Call<Data>): Promise<Result<Body<Data>>> {
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
  async attempt<Data>(call: Call<Data>, timeoutMs: number): Promise<Attempt<Data>> {
    const aborted = () => failed("aborted", "the caller ended the call", { cause: call.signal?.reason });
    if (call.signal?.aborted) return aborted();
    const controller = new AbortController();
    const abort = () => controller.abort();
    const timer = setTimeout(abort, timeoutMs);
    call.signal?.addEventListener("abort", abort);
    try {
      return await unlessAborted(this.#exchange(call, controller), controller.signal);
    } catch (cause) {
      if (call.signal?.aborted) return aborted();
      if (controller.signal.aborted) return failed("timeout", `no answer within ${Math.round(timeoutMs)} ms`);
      return { error: networkError(cause), retryAfterMs: 0 };
    } finally {
      clearTimeout(timer);
      call.signal?.removeEventListener("abort", abort);
    }
  }

  async #exchange<Data>(call: Call<Data>, controller: AbortController): Promise<Attempt<Data>> {
    const response = await this.open(call.path, { ...requestOf(call), signal: controller.signal });
    const redirect = redirectIn(response);
    if (!redirect) return readReply(response, call.isExpected);
    response.body?.cancel().catch(() => undefined);
    return { error: redirect, retryAfterMs: 0 };
  }

  /** One request with this client's base URL and API key, which follows no redirect. Rejects when `fetch` rejects. */
  async open(path: string, init: RequestInit): Promise<Response> {
    const { baseUrl, apiKey, fetch } = this.#options;
    const headers = new Headers(init.headers);
    if (apiKey !== undefined) headers.set("Authorization", `Bearer ${apiKey}`);
    const response: unknown = await fetch(baseUrl + path, { ...init, headers, redirect: "manual" });
    if (isResponse(response)) return response;
    throw new TypeError("fetch gave no Response");
  }
}

function isResponse(value: unknown): value is Response {
  return isRecord(value) && typeof value["status"] === "number" && isRecord(value["headers"]);
}

function requestOf({ post }: Call<unknown>): RequestInit {
  if (!post) return { method: "GET" };
  const { body, idempotencyKey } = post;
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (idempotencyKey !== undefined) headers["Idempotency-Key"] = idempotencyKey;
  return { method: "POST", headers, body };
}

function failed(reason: TransportReason, message: string, from?: { cause: unknown }): FailedAttempt {
  return { error: { code: 0, message, reason, ...from }, retryAfterMs: 0 };
}

export function networkError(cause: unknown): CallError {
  return { code: 0, message: messageOf(cause), reason: "network_error", cause };
}

/** Node's own message is only "fetch failed"; the reason is in its cause. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && cause.message !== ""
    ? `${error.message}: ${cause.message}`
    : error.message;
}

import { RetryBudget } from "./retry-budget.ts";
import type { TransportOptions } from "./transport.ts";
import type { ClientOptions } from "./types.ts";

const longestTimerMs = 2 ** 31 - 1;

/** The checked options of `createClient`. Throws a RangeError or a TypeError that names the option. */
export function transportOptions(options: ClientOptions): TransportOptions {
  if (typeof options !== "object" || options === null) throw new TypeError("options must be an object");
  const { baseUrl = "http://127.0.0.1:8080", apiKey, timeoutMs = 10_000, retries = 5 } = options;
  // Read at each call, and called as a property of globalThis: browsers reject any other receiver.
  const { fetch = (url, init) => globalThis.fetch(url, init) } = options;
  if (typeof fetch !== "function") throw new TypeError("fetch must be a function");
  if (options.fetch === undefined && typeof globalThis.fetch !== "function")
    throw new TypeError("there is no global fetch here: pass fetch");
  if (!(typeof timeoutMs === "number" && timeoutMs > 0 && timeoutMs <= longestTimerMs))
    throw new RangeError("timeoutMs must be a number from 1 to 2^31 - 1");
  if (!(Number.isInteger(retries) && retries >= 0))
    throw new RangeError("retries must be a whole number from 0");
  if (apiKey !== undefined && !(typeof apiKey === "string" && /^[\x21-\x7e]+$/.test(apiKey)))
    throw new RangeError("apiKey must be a string of visible ASCII characters");
  return {
    baseUrl: checkedBaseUrl(baseUrl),
    apiKey,
    timeoutMs,
    retries,
    budget: new RetryBudget(performance.now()),
    fetch,
  };
}

/** The URL without a slash at its end. A path is kept. */
function checkedBaseUrl(baseUrl: unknown): string {
  const given = String(baseUrl);
  // A text with an @ may contain a password.
  const named = given.includes("@") ? "baseUrl" : `baseUrl ${JSON.stringify(given)}`;
  const url = parseUrl(given);
  if (!url) throw new TypeError(`${named} must be a URL such as http://127.0.0.1:8080`);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new TypeError(`${named} must begin with http:// or https://`);
  if (url.username !== "" || url.password !== "")
    throw new TypeError("baseUrl must not contain a user or a password: pass apiKey");
  // Not `search` and `hash`: they are empty for a "?" or a "#" at the end, to which the path of a call would be added.
  if (/[?#]/.test(url.href)) throw new TypeError(`${named} must not have a query or a fragment`);
  return url.href.replace(/\/+$/, "");
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

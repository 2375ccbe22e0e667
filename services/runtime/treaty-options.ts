import { secretHeaders } from "./service-secret.ts";

/**
 * What every treaty between services is made with. Eden reads JSON through a reviver, which calls back for each value
 * in it; here a good reply is read by `Response.json` alone. What is no JSON, or no success, is left to Eden.
 */
export function treatyOptions(serviceSecret?: string) {
  return { parseDate: false, headers: secretHeaders(serviceSecret), fetcher, onResponse: jsonIn };
}

async function jsonIn(response: Response): Promise<unknown> {
  const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
  return response.ok && isJson ? response.json() : undefined;
}

// Eden hands `onResponse` a clone and keeps the original, whose body then nobody reads: one body is enough.
const fetcher: typeof fetch = Object.assign(
  async (...call: Parameters<typeof fetch>): Promise<Response> => {
    const response = await fetch(...call);
    return Object.assign(response, { clone: () => response });
  },
  { preconnect: fetch.preconnect },
);

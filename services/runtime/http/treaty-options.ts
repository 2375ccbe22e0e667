import { eventsIn } from "./event-stream.ts";
import { secretHeaders } from "./service-secret.ts";

/**
 * What every treaty between services is made with. Eden reads JSON, in replies and in events, through a reviver that
 * is called back for each value in it; here both are parsed plainly. What is neither, or no success, is left to Eden.
 */
export function treatyOptions(serviceSecret?: string) {
  return { parseDate: false, headers: secretHeaders(serviceSecret), fetcher, onResponse: dataIn };
}

async function dataIn(response: Response): Promise<unknown> {
  if (!response.ok) return undefined;
  const type = response.headers.get("content-type") ?? "";
  if (type.startsWith("application/json")) return response.json();
  if (type.startsWith("text/event-stream") && response.body) return eventsIn(response.body);
  return undefined;
}

// Eden hands `onResponse` a clone and keeps the original, whose body then nobody reads: one body is enough.
const fetcher: typeof fetch = Object.assign(
  async (...call: Parameters<typeof fetch>): Promise<Response> => {
    const response = await fetch(...call);
    return Object.assign(response, { clone: () => response });
  },
  { preconnect: fetch.preconnect },
);

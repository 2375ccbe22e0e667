import { eventsIn } from "./event-stream.ts";
import { peerHeaders } from "./wire-version.ts";

/**
 * The options of every treaty between services. Eden parses JSON, in replies and in events, with a callback for each value
 * in it; here both are parsed without one. Failures and other types of content are left to Eden.
 */
export function treatyOptions(serviceSecret?: string) {
  return { parseDate: false, headers: peerHeaders(serviceSecret), fetcher, onResponse: dataIn };
}

async function dataIn(response: Response): Promise<unknown> {
  if (!response.ok) return undefined;
  const type = response.headers.get("content-type") ?? "";
  if (type.startsWith("application/json")) return response.json();
  if (type.startsWith("text/event-stream") && response.body) return eventsIn(response.body);
  return undefined;
}

// Eden gives `onResponse` a clone and never reads the original. One body is enough: the clone is the response itself.
const fetcher: typeof fetch = Object.assign(
  async (...call: Parameters<typeof fetch>): Promise<Response> => {
    const response = await fetch(...call);
    return Object.assign(response, { clone: () => response });
  },
  { preconnect: fetch.preconnect },
);

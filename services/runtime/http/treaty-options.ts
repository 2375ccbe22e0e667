import { directFetch, type Fetch } from "./direct-fetch.ts";
import { eventsIn } from "./event-stream.ts";
import { peerHeaders } from "./wire-version.ts";

/**
 * The options of every treaty between services. Eden parses JSON, in replies and in events, with a callback for each value
 * in it; here both are parsed without one. Failures and other types of content are left to Eden.
 */
export function treatyOptions(serviceSecret?: string, send: Fetch = directFetch) {
  return {
    parseDate: false,
    headers: peerHeaders(serviceSecret),
    fetcher: fetcherOver(send),
    onResponse: dataIn,
  };
}

async function dataIn(response: Response): Promise<unknown> {
  if (!response.ok) return undefined;
  const type = response.headers.get("content-type") ?? "";
  if (type.startsWith("application/json")) return response.json();
  if (type.startsWith("text/event-stream") && response.body) return eventsIn(response.body);
  return undefined;
}

// Eden gives `onResponse` a clone and never reads the original. One body is enough: the clone is the response itself.
function fetcherOver(send: Fetch): typeof fetch {
  const fetcher = async (...[url, init]: Parameters<typeof fetch>): Promise<Response> => {
    const response = await send(url instanceof Request ? url.url : url.toString(), init);
    return Object.assign(response, { clone: () => response });
  };
  return Object.assign(fetcher, { preconnect: fetch.preconnect });
}

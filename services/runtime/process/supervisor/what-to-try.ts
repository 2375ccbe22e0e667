import { directFetch } from "../../http/direct-fetch.ts";

const pollMs = 100;
const defaultUrl = "http://127.0.0.1:8080";

/** The address in the line that the frontend logs once it listens; undefined for any other line. */
export function urlInReadyLine(text: string): string | undefined {
  if (!text.includes('"msg":"ready"')) return undefined;
  return /"url":"(http:[^"]+)"/.exec(text)?.[1];
}

/** Waits until the market at `url` is ready for orders. Resolves to false if `signal` aborts before. */
export async function waitUntilReady(url: string, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    if (await isReady(url, signal)) return true;
    await Bun.sleep(pollMs);
  }
  return false;
}

async function isReady(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const timeout = AbortSignal.timeout(1_000);
    return (await directFetch(`${url}/readyz`, { signal: AbortSignal.any([signal, timeout]) })).ok;
  } catch {
    return false; // not listening now: it reloads, or starts again after a crash
  }
}

/** Commands for a newcomer. `run` is how this machine runs a script: `bun run`, or through npx. */
export function whatToTry(url: string, run: string): string {
  const where = url === defaultUrl ? "" : ` --url ${url}`;
  return `
  The market is open: ${url}

  look up a stock    curl ${url}/stocks/GameStart
  place an order     curl ${url}/orders -H 'content-type: application/json' \\
                       -d '{"name":"GameStart","type":"buy","quantity":1}'
  read it back       curl ${url}/orders/1
  watch it           curl -N '${url}/events?after=0-0'
  many clients       ${run} simulate --clients 5 --requests 200 --probability 0.8 --seed 7${where}
  check the books    ${run} audit

  Ctrl-C ends all three.

`;
}

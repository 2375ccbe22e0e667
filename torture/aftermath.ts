import type { Books, StockRow } from "../testing/auditor.ts";
import { until } from "../testing/until.ts";
import { meaningOf, sendOnce, type Placed } from "./client.ts";
import type { Random } from "../testing/random.ts";

const repeated = 200;
const triesMax = 100;
const lanes = 16;
const trueWithinMs = 3_000;

/** Some settled orders are asked for once more, anywhere: each gets what it got, and hears that it is a repeat. */
export async function repeatFaults(
  urls: readonly [string, ...string[]],
  placed: readonly Placed[],
  random: Random,
): Promise<string[]> {
  const settled = placed.filter(({ answer }) => answer);
  const sample = Array.from({ length: Math.min(repeated, settled.length) }, () =>
    random.pick(settled as [Placed]),
  );
  return (await Promise.all([...new Set(sample)].map((one) => repeatFault(random.pick(urls), one)))).flat();
}

async function repeatFault(url: string, placed: Placed): Promise<string[]> {
  const { key, answer } = placed;
  for (let tries = 0; tries < triesMax; tries += 1) {
    const reply = await sendOnce(url, placed, AbortSignal.timeout(10_000));
    if (reply && meaningOf(reply, 2) !== "again")
      return reply.text === answer?.text && reply.replayed
        ? []
        : [`${key} got ${answer?.text}, and at the end ${reply.text}`];
    await Bun.sleep(20);
  }
  return [`${key} has an outcome, and gets none at the end`];
}

/** At rest every frontend soon shows what is in the books, from whatever cache it comes. */
export async function lookupFaults(urls: readonly string[], read: () => Books): Promise<string[]> {
  let faults: string[] = [];
  const isTrue = async (): Promise<boolean> => {
    const { stocks } = read();
    faults = (await Promise.all(urls.map((url) => wrongLookups(url, stocks)))).flat();
    return faults.length === 0;
  };
  // What stays wrong is in the faults.
  await until(isTrue, trueWithinMs).catch(() => undefined);
  return faults;
}

/** A few at a time, so that a frontend with an empty cache does not refuse them as too many. */
async function wrongLookups(url: string, stocks: readonly StockRow[]): Promise<string[]> {
  const faults: string[] = [];
  const left = stocks.values();
  const lookUpNext = async (): Promise<void> => {
    for (const stock of left) faults.push(...(await wrongLookup(url, stock)));
  };
  await Promise.all(Array.from({ length: lanes }, lookUpNext));
  return faults;
}

async function wrongLookup(url: string, { name, quantity, volume, version }: StockRow): Promise<string[]> {
  try {
    const response = await fetch(`${url}/stocks/${name}`, { signal: AbortSignal.timeout(10_000) });
    const use = response.headers.get("x-cache");
    const { data } = (await response.json()) as { data?: Record<string, unknown> };
    const isSame =
      data?.["quantity"] === quantity && data["volume"] === volume && data["version"] === version;
    return isSame ? [] : [`at rest a lookup (${use}) shows ${JSON.stringify(data)}, not version ${version}`];
  } catch (error) {
    return [`at rest a lookup of ${name} fails: ${String(error)}`];
  }
}

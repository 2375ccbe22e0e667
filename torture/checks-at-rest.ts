import type { Books, StockRow } from "../testing/auditor.ts";
import { until } from "../testing/until.ts";
import { meaningOf, sendOnce, type Placed } from "./client.ts";
import type { Random } from "../testing/random.ts";

const repeated = 200;
const triesMax = 100;
const lanes = 16;
const lookupsRightWithinMs = 3_000;

/** Repeats some orders that have an outcome, at any frontend: each must get the same answer, marked as replayed. */
export async function repeatViolations(
  urls: readonly [string, ...string[]],
  placed: readonly Placed[],
  random: Random,
): Promise<string[]> {
  const answered = placed.filter(({ answer }) => answer);
  const sample = Array.from({ length: Math.min(repeated, answered.length) }, () =>
    random.pick(answered as [Placed]),
  );
  return (
    await Promise.all([...new Set(sample)].map((one) => repeatViolation(random.pick(urls), one)))
  ).flat();
}

async function repeatViolation(url: string, placed: Placed): Promise<string[]> {
  const { key, answer } = placed;
  for (let tries = 0; tries < triesMax; tries += 1) {
    const reply = await sendOnce(url, placed, AbortSignal.timeout(10_000));
    if (reply && meaningOf(reply, 2) !== "again")
      return reply.text === answer?.text && reply.replayed
        ? []
        : [`${key} got ${answer?.text}, and a repeat at the end ${reply.text}`];
    await Bun.sleep(20);
  }
  return [`${key} has an outcome, and a repeat at the end gets none`];
}

/** At rest every frontend must soon show what is in the books, cached or not. */
export async function lookupViolations(urls: readonly string[], read: () => Books): Promise<string[]> {
  let violations: string[] = [];
  const areRight = async (): Promise<boolean> => {
    const { stocks } = read();
    violations = (await Promise.all(urls.map((url) => wrongLookupsAt(url, stocks)))).flat();
    return violations.length === 0;
  };
  // Lookups that stay wrong are the violations.
  await until(areRight, lookupsRightWithinMs).catch(() => undefined);
  return violations;
}

/** A few at a time, so that a frontend with an empty cache does not shed them. */
async function wrongLookupsAt(url: string, stocks: readonly StockRow[]): Promise<string[]> {
  const violations: string[] = [];
  const left = stocks.values();
  const lookUpNext = async (): Promise<void> => {
    for (const stock of left) violations.push(...(await wrongLookup(url, stock)));
  };
  await Promise.all(Array.from({ length: lanes }, lookUpNext));
  return violations;
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

import type { Books } from "../auditor.ts";
import { meaningOf, sendOnce, type Placed } from "./client.ts";
import type { Random } from "./random.ts";

const repeated = 200;
const triesMax = 100;

/** Some settled orders are asked for once more: each gets what it got, and hears that it is a repeat. */
export async function repeatFaults(
  url: string,
  placed: readonly Placed[],
  random: Random,
): Promise<string[]> {
  const settled = placed.filter(({ answer }) => answer);
  const sample = Array.from({ length: Math.min(repeated, settled.length) }, () =>
    random.pick(settled as [Placed]),
  );
  return (await Promise.all([...new Set(sample)].map((one) => repeatFault(url, one)))).flat();
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

/** At rest a lookup shows what is in the books, from whatever cache it comes. */
export async function lookupFaults(url: string, { stocks }: Books): Promise<string[]> {
  const faults = await Promise.all(
    stocks.map(async ({ name, quantity, volume, version }) => {
      const response = await fetch(`${url}/stocks/${name}`);
      const use = response.headers.get("x-cache");
      const { data } = (await response.json()) as { data?: Record<string, unknown> };
      const isSame =
        data?.["quantity"] === quantity && data["volume"] === volume && data["version"] === version;
      return isSame
        ? []
        : [`at rest a lookup (${use}) shows ${JSON.stringify(data)}, not version ${version}`];
    }),
  );
  return faults.flat();
}

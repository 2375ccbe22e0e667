import type { Random } from "../../testing/random.ts";
import { ask, placing, versionOf } from "./answers.ts";
import type { Network } from "./network.ts";

/** The key of an order that nobody may decide. */
export const probeKey = "for-the-replaced-service";

export const stockNames = ["A", "B", "C"] as const;

const lateMs = 3_000;
const deafMs = 1_500;
/** More than a call that got no reply takes, the time after which an idle order service looks again, and a page's way. */
const catchUpMs = 3_300;

interface Ending {
  network: Network;
  random: Random;
  /** Whether a second order service took over. */
  isReplaced: boolean;
  orderTimeoutMs: number;
  replacedTimeoutMs: number;
}

/**
 * The end of a schedule, when all is mended. Each part has to find by itself what it missed: the older of two order
 * services, that it was replaced; the ledger, what was decided late; the frontend, what its feed could not tell it.
 * Resolves with the version of each stock as the frontend shows it then.
 */
export async function end(ending: Ending): Promise<Map<string, number | undefined>> {
  const { network, random, orderTimeoutMs } = ending;
  if (ending.isReplaced) await probe(ending.replacedTimeoutMs);
  for (const name of stockNames) await versionOf(name);
  if (random.chance(0.3)) {
    await leaveLateOrders(network, random);
    await Bun.sleep(orderTimeoutMs);
  }
  // Copies that are still on their way.
  for (let waits = 0; network.onTheWay > 0 && waits < 100; waits += 1) await Bun.sleep(50);
  await Bun.sleep(catchUpMs);
  const shown = new Map<string, number | undefined>();
  for (const name of stockNames) shown.set(name, await versionOf(name));
  return shown;
}

/** Orders that nobody waits for, late on their way, while the frontend hears nothing of the catalog. */
async function leaveLateOrders(network: Network, random: Random): Promise<void> {
  Object.assign(network.weather, { slow: 0.7, slowMs: lateMs });
  if (random.chance(0.5)) {
    network.cut("frontend", "catalog", deafMs);
    network.cut("catalog", "frontend", deafMs);
  }
  for (const name of stockNames) {
    void ask("/orders", placing(`late-${name}`, { name, type: "sell", quantity: 1 }, random.integer(1, 50)));
    await Bun.sleep(random.next() * 100);
  }
  await Bun.sleep(lateMs);
  network.heal();
}

/** An order that goes to the order service that was replaced, should it still be there. */
async function probe(timeoutMs: number): Promise<void> {
  const order = { client: "anonymous", key: probeKey, name: "B", type: "buy", quantity: 1 };
  const orders = [{ ...order, request_id: "probe", expected_price_cents: null, timeout_ms: timeoutMs }];
  const request = { method: "POST", headers: { "content-type": "application/json" } };
  try {
    await fetch("http://replaced/orders", { ...request, body: JSON.stringify({ orders }) });
  } catch {
    // It has ended, as it should.
    return;
  }
}

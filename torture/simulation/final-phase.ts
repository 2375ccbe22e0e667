import type { Fetch } from "../../services/runtime/http/direct-fetch.ts";
import type { Random } from "../../testing/random.ts";
import type { Network } from "./network.ts";
import { orderAtReplacedService, replacedServiceKey } from "./replaced-service.ts";
import type { SimClient } from "./sim-client.ts";

export const stockNames = ["A", "B", "C"] as const;

const lateMs = 3_000;
const cutMs = 1_500;
/** More than a call without a reply takes, the interval at which an idle order service compares the heads, and a page. */
const catchUpMs = 3_300;

interface FinalPhase {
  client: SimClient;
  fetch: Fetch;
  network: Network;
  random: Random;
  /** Whether a second order service took over. */
  isReplaced: boolean;
  orderTimeoutMs: number;
  replacedTimeoutMs: number;
}

/**
 * The end of a schedule, after all faults have been healed. Each service must find by itself what it missed: the
 * replaced order service, that it was replaced; the ledger, orders that were decided late; the frontend, what its feed
 * did not deliver. Resolves with the version of each stock that the frontend then shows.
 */
export async function runFinalPhase(phase: FinalPhase): Promise<Map<string, number | undefined>> {
  const { client, network, random, orderTimeoutMs } = phase;
  if (phase.isReplaced)
    await orderAtReplacedService(phase.fetch, replacedServiceKey, phase.replacedTimeoutMs);
  for (const name of stockNames) await client.versionOf(name);
  if (random.chance(0.3)) {
    await sendLateOrders(client, network, random);
    await client.clock.sleep(orderTimeoutMs);
  }
  // Until copies of requests that are still under way have arrived.
  for (let waits = 0; network.requestsUnderWay > 0 && waits < 100; waits += 1) await client.clock.sleep(50);
  await client.clock.sleep(catchUpMs);
  const shown = new Map<string, number | undefined>();
  for (const name of stockNames) shown.set(name, await client.versionOf(name));
  return shown;
}

/** Orders whose clients have given up, and that arrive late, while the frontend gets no events from the catalog. */
async function sendLateOrders(client: SimClient, network: Network, random: Random): Promise<void> {
  Object.assign(network.faultRates, { slow: 0.7, slowMs: lateMs });
  if (random.chance(0.5)) {
    network.cut("frontend", "catalog", cutMs);
    network.cut("catalog", "frontend", cutMs);
  }
  for (const name of stockNames) {
    void client.placeOrder(`late-${name}`, { name, type: "sell", quantity: 1 }, random.integer(1, 50));
    await client.clock.sleep(random.next() * 100);
  }
  await client.clock.sleep(lateMs);
  network.heal();
}

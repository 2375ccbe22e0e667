import type { Clock } from "../../services/runtime/flow/clock.ts";
import type { Fetch } from "../../services/runtime/http/direct-fetch.ts";
import { peerHeaders } from "../../services/runtime/http/wire-version.ts";
import type { Random } from "../../testing/random.ts";

/** The key of each order that is sent to a replaced order service ends so: such an order must never be decided. */
export const replacedServiceKey = "for-the-replaced-service";

const ordersAfterTakeover = 3;
/** The interval at which an order service compares its epoch with the catalog's. */
const heartbeatMs = 1_000;

interface Sender {
  fetch: Fetch;
  clock: Clock;
  random: Random;
  orderTimeoutMs: number;
}

/**
 * Orders from a client that still has the address of the replaced order service, right after the catalog granted the
 * next epoch: most arrive before the replaced service can have noticed that, and only the catalog can refuse them.
 */
export function orderAfterTakeover({ fetch, clock, random, orderTimeoutMs }: Sender): void {
  for (let index = 1; index <= ordersAfterTakeover; index += 1) {
    const key = `${index}-${replacedServiceKey}`;
    clock.after(random.next() * heartbeatMs, () => void orderAtReplacedService(fetch, key, orderTimeoutMs));
  }
}

/** Sends an order to the order service that was replaced, should it still run. */
export async function orderAtReplacedService(fetch: Fetch, key: string, timeoutMs: number): Promise<void> {
  const order = { client: "anonymous", key, name: "B", type: "buy", quantity: 1 };
  const orders = [{ ...order, request_id: key, expected_price_cents: null, timeout_ms: timeoutMs }];
  const headers = { "content-type": "application/json", ...peerHeaders(undefined) };
  let response: Response;
  try {
    response = await fetch("http://replaced/orders", {
      method: "POST",
      headers,
      body: JSON.stringify({ orders }),
    });
  } catch {
    // It has ended, or gives no reply.
    return;
  }
  // Refused unread (a missing header, another shape), the order would show nothing.
  if (response.status !== 200) throw new Error(`the replaced service refused a request: ${response.status}`);
}

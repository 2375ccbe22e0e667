import { expect, test } from "bun:test";

import { FakeClock } from "../testing/fake-clock.ts";
import { buyOne } from "../testing/http-client.ts";
import { keptLog } from "../testing/kept-log.ts";
import { startMemoryMarket, type MemoryMarket } from "./memory-market.ts";
import { systemContext } from "./runtime/context.ts";

const opening = [{ name: "GameStart", priceCents: 1599, quantity: 100 }];

function open(): { market: MemoryMarket; lines: string[] } {
  const { log, lines } = keptLog();
  return { market: startMemoryMarket(systemContext(log), { opening }), lines };
}

const get = (market: MemoryMarket, path: string): Promise<Response> =>
  market.fetch(new Request(`http://localhost${path}`));

const order = (key: string): Request =>
  new Request("http://localhost/orders", {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify(buyOne),
  });

test("two markets in one process share nothing", async () => {
  const [one, other] = [open().market, open().market];
  await Promise.all([one.ready(), other.ready()]);
  expect((await one.fetch(order("k"))).status).toBe(200);
  expect((await (await get(one, "/stocks/GameStart")).json()).data.quantity).toBe(99);
  expect((await (await get(other, "/stocks/GameStart")).json()).data.quantity).toBe(100);
  await Promise.all([one.stop(), other.stop()]);
});

test("time and log are those of the context: nothing happens without its clock", async () => {
  const clock = new FakeClock();
  const { log } = keptLog();
  const market = startMemoryMarket({ ...systemContext(log), clock }, { opening });
  await clock.during(market.ready());
  const response = await clock.during(market.fetch(order("k")));
  // The time at which a FakeClock begins, and milliseconds later.
  expect((await response.json()).data.at).toStartWith("2023-11-14T22:13:2");
  await clock.during(market.stop());
  expect(clock.waiting).toBe(0);
});

test("a market that is stopped has ended its event streams and logged nothing to look into", async () => {
  const { market, lines } = open();
  await market.ready();
  const response = await get(market, "/events");
  const text = response.text();
  await market.stop();
  expect(await text).toContain("event: hello");
  expect(lines.map((line) => Number(JSON.parse(line).level)).filter((level) => level >= 50)).toEqual([]);
});

test("a market that is stopped at once stops waiting to be ready", async () => {
  const { market } = open();
  await market.stop();
  await market.ready();
});

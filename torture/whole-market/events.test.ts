import { expect, test } from "bun:test";

import {
  followEvents,
  stocksOf,
  type EventFollower,
  type StreamEvent,
} from "../../testing/event-follower.ts";
import { askUntilOutcome, startClients } from "../../testing/keyed-client.ts";
import { serviceNames, startMarket, type Market } from "../../testing/market.ts";
import { until } from "../../testing/until.ts";

const restarts = 50;
const clientCount = 4;

test("a follower of /events through fifty restarts has every trade once and in order, and every stock's last state", async () => {
  await using market = await startMarket();
  const clients = startClients(clientCount, (order, key) => askUntilOutcome(market.url, order, key));
  const fromStart = followEvents(market.url, "0-0");
  const restless = followEvents(market.url, "0-0");
  const fromNow = followEvents(market.url);
  const followers = [fromStart, restless, fromNow];

  await killAtRandom(market, restless);
  await until(async () => tradesIn(fromStart.events).length > restarts, 60_000, "a trade for each restart");
  await clients.stop();
  const ledger = await wholeLedger(market.url);
  const isAtHead = ({ events }: EventFollower) => events.at(-1)?.id === `${ledger.length}-10`;
  await until(async () => followers.every(isAtHead), 30_000, "every follower is at the head").catch(
    () => undefined,
  );
  await Promise.all(followers.map((follower) => follower.stop()));

  for (const { events } of [fromStart, restless]) {
    expect(resetsIn(events)).toEqual([]);
    expect(tradesIn(events)).toEqual(ledger);
    expect(idFaults(events)).toEqual([]);
    expect([...stocksOf(events).values()].toSorted(byName)).toEqual(await allStocks(market.url));
  }
  // A follower without an id has everything from the position of its first event on.
  expect(fromNow.events[0]?.event).toBe("hello");
  expect(resetsIn(fromNow.events)).toEqual([]);
  expect(tradesIn(fromNow.events)).toEqual(ledger.slice(fromNow.events[0]?.data.trades));

  expect(fromStart.connections).toBeGreaterThan(5);
  console.log(
    `${restarts} restarts, ${ledger.length} trades; connections: ${followers.map((one) => one.connections).join(", ")}`,
  );
}, 300_000);

/** Any service at any moment; now and then a follower cuts its own connection. */
async function killAtRandom(market: Market, restless: EventFollower): Promise<void> {
  for (let restart = 0; restart < restarts; restart += 1) {
    const name = serviceNames[Math.floor(Math.random() * serviceNames.length)] ?? "order";
    await Bun.sleep(Math.random() * 300);
    if (Math.random() < 0.5) restless.drop();
    await market.end(name, "SIGKILL");
    await Bun.sleep(Math.random() * 100);
    await market.start(name);
    if (restart % 3 === 0) await market.ready();
  }
  await market.ready();
}

interface OrderView {
  number: number;
}

async function wholeLedger(url: string): Promise<OrderView[]> {
  const rows: OrderView[] = [];
  for (let after: number | null = 0; after !== null;) {
    const page = (await (await fetch(`${url}/orders?limit=1000&after=${after}`)).json()) as {
      data: OrderView[];
      next: number | null;
    };
    rows.push(...page.data);
    after = page.next;
  }
  return rows;
}

async function allStocks(url: string): Promise<{ name: string }[]> {
  const { data } = (await (await fetch(`${url}/stocks`)).json()) as { data: { name: string }[] };
  return data.toSorted(byName);
}

const byName = (a: { name?: unknown }, b: { name?: unknown }): number =>
  String(a.name) < String(b.name) ? -1 : 1;

function resetsIn(events: readonly StreamEvent[]): StreamEvent[] {
  return events.filter(({ event }) => event === "reset");
}

function tradesIn(events: readonly StreamEvent[]): OrderView[] {
  return events
    .filter(({ event }) => event === "trade")
    .map(({ data: { quantity_after: _after, stock_version: _version, ...order } }) => order as OrderView);
}

/** Each event's id is the place after it: one trade or one change further than the event before it. */
function idFaults(events: readonly StreamEvent[]): string[] {
  let [trade, change] = [0, 0];
  return events.flatMap(({ id, event, data }) => {
    if (event === "trade") trade = data.number;
    if (event === "stock") change = data.change;
    return id === `${trade}-${change}` ? [] : [`${event} ${id} at ${trade}-${change}`];
  });
}

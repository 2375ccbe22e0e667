/**
 * A program of a user of the SDK. It switches over `reasons` without a default, so that
 * it compiles only when these are all that there are. Run with the market's address, it prints `report`.
 */
export function program(reasons: readonly string[]): string {
  return `
import { BourseError, createClient, isRefusal, unwrap } from "bourse-client";
import type { Audit, CallError, MarketEvent, Order, PlacedOrder, Result, Stock, TradeEvent } from "bourse-client";

function adviceOn(error: CallError): "ask again" | "give up" {
  switch (error.reason) {
${reasons.map((reason) => `    case "${reason}":`).join("\n")}
      return isRefusal(error.reason) ? "give up" : "ask again";
  }
}

function numberOf(event: MarketEvent): number {
  switch (event.type) {
    case "trade":
      return event.data.number;
    case "stock":
      return event.data.change;
    case "hello":
    case "reset":
      return event.data.trades;
  }
}

declare const process: { argv: string[] };
const market = createClient({ baseUrl: process.argv[2], timeoutMs: 5_000 });

const before: Stock = unwrap(await market.stocks.get("GameStart"));
const bought: PlacedOrder = unwrap(await market.orders.buy("GameStart", 5, { expected_price: before.price }));
const after = unwrap(await market.stocks.list()).find(({ name }) => name === "GameStart");
const many: Result<PlacedOrder>[] = await market.orders.placeMany([
  { name: "BoarCo", type: "sell", quantity: 2 },
  { name: "BoarCo", type: "buy", quantity: 1_000_000, idempotency_key: "too-many" },
]);
const refused = await market.orders.sell("NoSuchCo", 1, { signal: AbortSignal.timeout(4_000) });
const thrown: unknown = await market.orders.get(1_000_000).then(unwrap).catch((error: unknown) => error);

const orders: Order[] = [];
for await (const order of market.orders.list()) orders.push(order);
const trades: TradeEvent[] = [];
for await (const event of market.events({ after: "0-0" })) {
  if (numberOf(event) > 0 && event.type === "trade") trades.push(event);
  if (trades.length === orders.length) break;
}
const audit: Audit = unwrap(await market.audit());

console.log(JSON.stringify({
  taken: before.quantity - (after?.quantity ?? 0),
  bought: orders[bought.transaction_number - 1]?.quantity,
  many: many.map(({ data, error }) => data?.quantity ?? error?.reason),
  advice: refused.error && adviceOn(refused.error),
  thrown: thrown instanceof BourseError && thrown.reason,
  areFollowed: trades.every(({ data }, index) => data.number === orders[index]?.number),
  isAudited: audit.state !== "done" || audit.ok,
}));
`;
}

export const report = {
  taken: 5,
  bought: 5,
  many: [2, "insufficient_quantity"],
  advice: "give up",
  thrown: "order_not_found",
  areFollowed: true,
  isAudited: true,
};

import { Elysia } from "elysia";

import { centsOf } from "../../../services/contract/money.ts";
import { OrderBody } from "../../../services/contract/order.ts";
import { stockOf } from "../../../services/contract/stock.ts";
import { receiptOf } from "../../../services/contract/trade.ts";
import { announce } from "../peer.ts";
import { MonolithStore } from "./store.ts";

/** The market as one Elysia process over bun:sqlite. Takes its data folder. */
const store = await MonolithStore.open(String(process.argv[2]), "bun:sqlite");

const app = new Elysia()
  .get("/stocks/:name", ({ params: { name }, status }) => {
    const stock = store.stock(name);
    return stock ? { data: stockOf(stock) } : status(404, { error: "stock_not_found" });
  })
  .post(
    "/orders",
    ({ body: { name, type, quantity, expected_price }, headers, set, status }) => {
      const key = headers["idempotency-key"] ?? Bun.randomUUIDv7();
      const expected_price_cents = expected_price === undefined ? null : (centsOf(expected_price) ?? null);
      const placed = store.place({ key, name, type, quantity, expected_price_cents });
      if (placed.kind === "refused") return status(400, { error: placed.reason });
      if (placed.replayed) set.headers["idempotency-replayed"] = "true";
      return { data: receiptOf(placed.trade, placed.trade) };
    },
    { body: OrderBody },
  )
  .listen({ hostname: "127.0.0.1", port: 0, reusePort: false });

announce(`http://127.0.0.1:${app.server?.port}`);

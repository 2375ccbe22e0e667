import Fastify from "fastify";

import { uuidv7 } from "../../../client/sdk/uuid.ts";
import { centsOf } from "../../../services/contract/money.ts";
import { OrderBody } from "../../../services/contract/order.ts";
import { stockOf } from "../../../services/contract/stock.ts";
import { receiptOf } from "../../../services/contract/trade.ts";
import { announce } from "../peer.ts";
import { MonolithStore } from "./store.ts";

/** The market as one Fastify process over better-sqlite3, on Node or on Bun. Takes its data folder. */
const store = await MonolithStore.open(String(process.argv[2]), "better-sqlite3");

const text = { type: "string" };
const number = { type: "number" };
// Fastify writes a reply with a schema much faster than JSON.stringify does.
const replyOf = (properties: Record<string, { type: string }>) => ({
  200: { type: "object", properties: { data: { type: "object", properties } } },
});
const stockReply = replyOf({
  name: text,
  price: number,
  quantity: number,
  volume: number,
  status: text,
  version: number,
});
const receiptReply = replyOf({
  transaction_number: number,
  name: text,
  type: text,
  quantity: number,
  price: number,
  at: text,
});

const app = Fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false } } });

app.get<{ Params: { name: string } }>(
  "/stocks/:name",
  { schema: { response: stockReply } },
  (request, reply) => {
    const stock = store.stock(request.params.name);
    return stock ? reply.send({ data: stockOf(stock) }) : reply.code(404).send({ error: "stock_not_found" });
  },
);

app.post<{ Body: OrderBody }>(
  "/orders",
  { schema: { body: OrderBody, response: receiptReply } },
  (request, reply) => {
    const { name, type, quantity, expected_price } = request.body;
    const header = request.headers["idempotency-key"];
    const key = typeof header === "string" ? header : uuidv7();
    const expected_price_cents = expected_price === undefined ? null : (centsOf(expected_price) ?? null);
    const placed = store.place({ key, name, type, quantity, expected_price_cents });
    if (placed.kind === "refused") return reply.code(400).send({ error: placed.reason });
    if (placed.replayed) reply.header("idempotency-replayed", "true");
    return reply.send({ data: receiptOf(placed.trade, placed.trade) });
  },
);

announce(await app.listen({ host: "127.0.0.1", port: 0 }));

import { Elysia, t } from "elysia";
import { Type } from "@sinclair/typebox";

import { limits } from "../../contract/limits.ts";
import { readOrder } from "../../contract/order-input.ts";
import type { OrderService } from "../../contract/order-service.ts";
import { OrderBody, type OrderOutcome } from "../../contract/order.ts";
import { StockName } from "../../contract/stock.ts";
import { orderViewOf, OrderType, receiptOf, type Fill } from "../../contract/trade.ts";
import type { RuntimeContext } from "../../runtime/context.ts";
import { HttpFailure } from "../../runtime/http/http-failure.ts";
import { strictJson } from "../../runtime/http/json-body.ts";
import { chargeBatch, type Access, type Caller } from "../access/access.ts";
import type { Admission } from "../admission.ts";
import { readBatch } from "../orders/batch-input.ts";
import type { OrderGateway } from "../orders/gateway.ts";
import { admitting } from "./caller.ts";
import { documented, replayedHeader, type Parameter } from "./documentation.ts";
import { dataIn } from "./peer-reply.ts";
import {
  queryOf,
  readAfter,
  readKey,
  readLimit,
  readNameFilter,
  readPositiveInteger,
  readTypeFilter,
} from "./query.ts";
import {
  BatchBody,
  BatchEntrySchema,
  dataOf,
  examples,
  IdempotencyKey,
  orderFailures,
  OrderViewSchema,
  pageOf,
  ReceiptSchema,
} from "./schemas.ts";

export interface OrderDeps {
  access: Access;
  admission: Pick<Admission, "requireRoom">;
  gateway: OrderGateway;
  orders: Pick<OrderService, "trade" | "ledgerPage">;
  context: Pick<RuntimeContext, "newId">;
}

/** The schemas that the bodies below refer to, by their name in the OpenAPI document. */
export const bodySchemas = { NewOrder: OrderBody, NewBatch: BatchBody };

const idempotencyKey = (description: string): Parameter => ({
  name: "Idempotency-Key",
  in: "header",
  description,
  schema: IdempotencyKey,
});

const receipt = { transaction_number: 1, ...examples.order };

const orderCall = documented({
  summary: "Buy or sell",
  description: "Answers the decision. With the same key it is the same order, and gets the same outcome.",
  tag: "orders",
  role: "trader",
  parameters: [idempotencyKey("1 to 255 visible ASCII characters. Default: a new UUIDv7.")],
  body: { schema: OrderBody, example: examples.newOrder },
  success: {
    description: "The order traded.",
    schema: dataOf(ReceiptSchema),
    example: { data: receipt },
    headers: { "idempotency-replayed": replayedHeader },
  },
  failures: orderFailures,
});

const batchCall = documented({
  summary: "Many orders in one call",
  description: "The orders are decided in order, each for itself.",
  tag: "orders",
  role: "trader",
  parameters: [
    idempotencyKey("1 to 251 visible ASCII characters. An order without a key gets `<this>:<index>`."),
  ],
  body: { schema: BatchBody, example: { orders: [{ ...examples.newOrder, idempotency_key: "k-1" }] } },
  success: {
    description: "For each order, in order, what it would be answered alone.",
    schema: dataOf(Type.Array(BatchEntrySchema)),
    example: { data: [{ data: receipt }] },
  },
  failures: ["overloaded"],
});

const tradeCall = documented({
  summary: "One order of the caller",
  tag: "orders",
  role: "reader",
  parameters: [
    {
      name: "number",
      in: "path",
      description: "The order's `transaction_number`.",
      schema: Type.Integer({ minimum: 1 }),
    },
  ],
  success: {
    description: "The order.",
    schema: dataOf(OrderViewSchema),
    example: { data: { number: 1, ...examples.order } },
  },
  failures: ["order_not_found", "invalid_request", "overloaded", "unavailable"],
});

const pageCall = documented({
  summary: "The orders of the caller, oldest first",
  description: "An admin sees the orders of all clients.",
  tag: "orders",
  role: "reader",
  parameters: [
    {
      name: "after",
      in: "query",
      description: "The orders after this number.",
      schema: Type.Integer({ minimum: 0 }),
    },
    {
      name: "limit",
      in: "query",
      description: "Orders of one page. Default: 100.",
      schema: Type.Integer({ minimum: 1, maximum: limits.pageItems }),
    },
    { name: "name", in: "query", description: "Only orders of this stock.", schema: StockName },
    { name: "type", in: "query", description: "Only buys, or only sells.", schema: OrderType },
  ],
  success: {
    description: "A page. `next` is the `after` of the next page.",
    schema: pageOf(OrderViewSchema, Type.Integer({ minimum: 0 })),
    example: { data: [{ number: 1, ...examples.order }], next: null },
  },
  failures: ["invalid_request", "overloaded", "unavailable"],
});

/** The paths to which orders are posted. Admission finds the orders that it sheds by these paths. */
export const orderPaths = { one: "/orders", batch: "/orders/batch" } as const;

export function orderRoutes(deps: OrderDeps) {
  return new Elysia({ normalize: false }).use(placingRoutes(deps)).use(readingRoutes(deps));
}

function placingRoutes({ access, admission, gateway, context }: OrderDeps) {
  return new Elysia({ normalize: false })
    .use(admitting(access, "trader"))
    .post(
      orderPaths.one,
      async ({ body, request, caller, set }) => {
        const input = readOrder(body);
        if (!input.order) throw new HttpFailure("invalid_request", input.wrong);
        const key = readKey(request.headers) ?? context.newId();
        const outcome = await gateway.submitOne(caller.client, key, input.order);
        if (outcome.kind !== "failed" && outcome.replayed) set.headers["idempotency-replayed"] = "true";
        return { data: receiptOf(input.order, fillOrThrow(outcome, key)) };
      },
      {
        // Only the strict parser runs. "json" is for the OpenAPI document: without it the body has no content type.
        parse: [strictJson(limits.orderBodyBytes), "json"],
        body: t.Unsafe<OrderBody>({ ...t.Any(), $ref: "#/components/schemas/NewOrder" }),
        ...orderCall,
      },
    )
    .post(
      orderPaths.batch,
      async ({ body, request, caller, set }) => {
        const items = readBatch(body, readKey(request.headers), context.newId);
        admission.requireRoom(items.length);
        Object.assign(set.headers, chargeBatch(caller, items.length));
        return { data: await gateway.submitBatch(caller.client, items) };
      },
      {
        parse: [strictJson(limits.batchBodyBytes), "json"],
        body: t.Unsafe<BatchBody>({ ...t.Any(), $ref: "#/components/schemas/NewBatch" }),
        ...batchCall,
      },
    );
}

function readingRoutes({ access, orders }: OrderDeps) {
  return new Elysia({ normalize: false })
    .use(admitting(access, "reader"))
    .get(
      "/orders/:number",
      async ({ params, caller }) => {
        const trade = dataIn(await orders.trade(readPositiveInteger(params.number, "number")));
        if (!maySee(caller, trade.client)) throw new HttpFailure("order_not_found");
        return { data: orderViewOf(trade) };
      },
      tradeCall,
    )
    .get(
      "/orders",
      async ({ request, caller }) => {
        const query = queryOf(request.url);
        const name = readNameFilter(query, "name");
        const type = readTypeFilter(query);
        const after = readAfter(query);
        const limit = readLimit(query, 100);
        const client = caller.role === "admin" ? undefined : caller.client;
        const page = dataIn(await orders.ledgerPage({ after, limit, name, type, client }));
        return { data: page.trades.map(orderViewOf), next: page.next };
      },
      pageCall,
    );
}

/** Another client's order is answered like one that does not exist. */
function maySee(caller: Caller, client: string): boolean {
  return caller.role === "admin" || caller.client === client;
}

interface BatchBody {
  orders: (OrderBody & { idempotency_key?: string })[];
}

/** Throws HttpFailure for an order that did not trade. */
function fillOrThrow(outcome: OrderOutcome, key: string): Fill {
  if (outcome.kind === "traded") return outcome.fill;
  throw new HttpFailure(outcome.reason, undefined, {
    ...(outcome.kind === "refused" && outcome.replayed && { "idempotency-replayed": "true" }),
    ...(outcome.reason === "outcome_unknown" && { "idempotency-key": key }),
  });
}

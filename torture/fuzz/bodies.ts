import { Type } from "@sinclair/typebox";
import fc from "fast-check";

import { EpochRequest } from "../../services/contract/market.ts";
import { BatchRequest, OrderBody, SubmitRequest } from "../../services/contract/order.ts";
import { openingPriceCents } from "./contract.ts";
import { corrupt, corruptions, textOf, type Json } from "./json.ts";
import { jsonOf, type Hints } from "./schema.ts";

/** What a batch must name to be decided: the market as its catalog reports it before the first trade. */
export interface MarketIdentity {
  marketId: string;
  incarnation: number;
  epoch: number;
  chain: string;
}

const quoted = (texts: readonly string[]): string[] => texts.map((text) => JSON.stringify(text));
const names = quoted([...openingPriceCents.keys()]);
const orderHints: Hints = {
  name: [...names, ...names, '"NoSuchCo"', '"gamestart"', '"a.b-c"'],
  expected_price: [...openingPriceCents.values()].map((cents) => String(cents / 100)),
  client: quoted(["anonymous", "alice", "x.y_z-1"]),
  timeout_ms: ["1000", "5000", "30000"],
};

/** As `POST /orders/batch` takes it. */
const Batch = Type.Object({
  orders: Type.Array(
    Type.Composite([
      OrderBody,
      Type.Object({ idempotency_key: Type.Optional(Type.String({ pattern: "^[\\x21-\\x7e]{1,255}$" })) }),
    ]),
  ),
});

/** Bodies of the calls, by service and path; mostly valid. */
export function valuesOf(identity: MarketIdentity): Readonly<Record<string, fc.Arbitrary<Json>>> {
  const { marketId, incarnation, epoch, chain } = identity;
  const batchHints = {
    ...orderHints,
    market_id: quoted([marketId, marketId, "another"]),
    incarnation: [String(incarnation)],
    epoch: [String(epoch)],
    number: ["0"],
    chain: quoted([chain]),
  };
  // Never one that is granted: the market's own order service would be fenced.
  const followerHints = { market_id: quoted(["another", ""]), epoch: ["-700", "9007199254740992", "1e300"] };
  return {
    "frontend /orders": jsonOf(OrderBody, orderHints),
    "frontend /orders/batch": jsonOf(Batch, orderHints),
    "order /orders": jsonOf(SubmitRequest, orderHints),
    "catalog /batches": jsonOf(BatchRequest, batchHints),
    "catalog /epochs": jsonOf(EpochRequest, followerHints),
  };
}

const corruption = fc.record({
  kind: fc.constantFrom(...corruptions),
  at: fc.nat({ max: 1_000 }),
  pick: fc.nat({ max: 1_000 }),
});

/** Changes of a body's bytes. */
const wrappings: readonly ((text: Buffer) => Buffer)[] = [
  (text) => Buffer.concat([Buffer.from("\ufeff"), text]),
  (text) => Buffer.concat([Buffer.from(" \t\r\n"), text, Buffer.from("\n")]),
  (text) => Buffer.concat([text, Buffer.from(" ".repeat(4_096))]),
  (text) => Buffer.concat([text, text]),
  (text) => Buffer.concat([text, Buffer.from([0xff])]),
  (text) => Buffer.concat([text, Buffer.from([0])]),
  (text) => text.subarray(0, -1),
  (text) => text.subarray(0, text.length >> 1),
  (text) => Buffer.from(text.toString("utf8"), "utf16le"),
  (text) => Buffer.from(`[${text.toString("utf8")}]`),
  () => Buffer.alloc(0),
];

/** Half of them from the schema, the others with one change, in the value or in its bytes. */
export function bodiesOf(values: fc.Arbitrary<Json>): fc.Arbitrary<Buffer> {
  const bytes = (json: Json): Buffer => Buffer.from(textOf(json));
  return fc.oneof(
    { weight: 5, arbitrary: values.map(bytes) },
    {
      weight: 4,
      arbitrary: fc.tuple(values, corruption).map(([value, corrupted]) => bytes(corrupt(value, corrupted))),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(values, fc.constantFrom(...wrappings)).map(([value, wrap]) => wrap(bytes(value))),
    },
  );
}

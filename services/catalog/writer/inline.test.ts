import { expect, test } from "bun:test";

import { StoreFailure } from "../../../db/store-failure.ts";
import { orderLike } from "../../contract/order.fixture.ts";
import { systemClock } from "../../runtime/flow/clock.ts";
import { openCatalog, type OpenCatalog } from "../catalog.fixture.ts";
import type { FailedOrder } from "./failed-order.ts";
import { InlineWriter } from "./inline.ts";

function inlineOn(catalog: OpenCatalog) {
  const failed: FailedOrder[] = [];
  const crashes: unknown[] = [];
  const writer = new InlineWriter(catalog.writer, {
    clock: { ...systemClock, wallTime: () => 1_234 },
    onFailedOrder: (order) => failed.push(order),
    onCrash: (error) => crashes.push(error),
  });
  return { writer, failed, crashes };
}

test("text and object are two forms of one call, at the clock's time", async () => {
  using catalog = openCatalog();
  const { writer } = inlineOn(catalog);
  const first = await writer.decide(catalog.request([orderLike()]));
  expect(first).toMatchObject({ ok: true, data: { at: 1_234, decisions: [{ kind: "compact", number: 1 }] } });
  const { trades } = await catalog.reads.heads();
  const request = JSON.stringify(catalog.request([orderLike()], { ledger: trades }));
  const second = await writer.decideJson(request);
  if (!second.ok) throw new Error("the batch was refused");
  expect(JSON.parse(second.data.json)).toMatchObject({ decisions: [{ kind: "compact", number: 2 }] });
  expect(second.data.stocks).toMatchObject([{ name: "A", version: 3 }]);
  expect(await writer.decideJson("{")).toEqual({ ok: false, arrived: "yes", reason: "invalid_request" });
});

test("an order that fails by an unexpected error is reported, and the others are decided", async () => {
  using catalog = openCatalog();
  const { writer, failed, crashes } = inlineOn(catalog);
  catalog.db.exec(
    "CREATE TRIGGER fail BEFORE INSERT ON trades WHEN NEW.quantity = 7 BEGIN SELECT RAISE(ABORT, 'broken'); END",
  );
  const orders = [orderLike(), orderLike({ quantity: 7, request_id: "r7" })];
  expect(await writer.decide(catalog.request(orders))).toMatchObject({
    data: { decisions: [{ kind: "compact" }, { kind: "failed", reason: "internal_error" }] },
  });
  expect(failed).toMatchObject([{ request_id: "r7", error: { message: expect.stringContaining("broken") } }]);
  expect(crashes).toEqual([]);
});

test("an error after which the state is not known reaches onCrash, and the call rejects", async () => {
  using catalog = openCatalog();
  const inDoubt = new StoreFailure("in_doubt", "the commit failed");
  catalog.writer.decide = () => {
    throw inDoubt;
  };
  const { writer, crashes } = inlineOn(catalog);
  expect(await writer.decide(catalog.request([orderLike()])).catch((error: unknown) => error)).toBe(inDoubt);
  expect(crashes).toEqual([inDoubt]);
});

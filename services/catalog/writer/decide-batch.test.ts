import { expect, test } from "bun:test";

import { openWriter } from "../../../db/sqlite/open.ts";
import { StoreFailure } from "../../../db/store-failure.ts";
import { orderLike } from "../../contract/order.fixture.ts";
import { openCatalog, openingA, type OpenCatalog } from "../catalog.fixture.ts";
import { decideBatch, type Decider } from "./decide-batch.ts";

const unreachable = (): never => expect.unreachable();
const traded = (number: number, replayed = false) => ({ kind: "traded", number, replayed });
const failed = (reason: string) => ({ kind: "failed", reason });

// What no validated order holds: the database's own checks, or the binding of its values, refuse them.
const culprits = [
  ["a quantity past the table's CHECK", orderLike({ type: "sell", quantity: 1_000_000_001 })],
  ["a quantity that is no integer", orderLike({ type: "sell", quantity: 1.5 })],
  ["a quantity that is no number", orderLike({ type: "sell", quantity: Number.NaN })],
  ["a quantity of zero", orderLike({ quantity: 0 })],
  ["a type that there is not", orderLike({ type: "short" as "sell" })],
] as const;

test.each(culprits)(
  "an order that raises (%s) fails alone, and nothing of it is written",
  async (_what, culprit) => {
    using catalog = openCatalog();
    const others = [orderLike(), orderLike({ name: "Nowhere" }), orderLike({ type: "sell", quantity: 4 })];
    const reply = catalog.decide(others[0]!, culprit, others[1]!, others[2]!);
    expect(reply.decisions).toEqual([
      traded(1),
      failed("internal_error"),
      { kind: "refused", reason: "stock_not_found", replayed: false },
      traded(2),
    ] as typeof reply.decisions);
    expect(reply.trades).toEqual(await catalog.reads.trades(0, 10));
    expect(reply.stocks).toEqual([(await catalog.reads.stock("A"))!]);
    expect(reply.stocks).toMatchObject([{ quantity: 103, volume: 5, version: 3 }]);
    expect(catalog.count("refusals")).toBe(1);
    // It may come again in a better form under the same key: nothing of it is known.
    expect(catalog.decide({ ...culprit, type: "sell", quantity: 1 }).decisions).toEqual([
      { kind: "traded", number: 3, replayed: false },
    ]);
  },
);

test("a batch redone one by one is decided in its order, against the same quantities", () => {
  using catalog = openCatalog({ opening: [{ name: "A", priceCents: 1, quantity: 1 }] });
  const { decisions } = catalog.decide(
    orderLike(),
    orderLike({ quantity: 0 }),
    orderLike(),
    orderLike({ type: "sell" }),
    orderLike(),
  );
  expect(decisions.map((decision) => decision.kind)).toEqual([
    "traded",
    "failed",
    "refused",
    "traded",
    "traded",
  ]);
});

test("a full disk fails every order of a batch with nothing written, and room mends it by itself", async () => {
  using catalog = openCatalog();
  catalog.decide(orderLike());
  const orders = Array.from({ length: 300 }, () => orderLike({ type: "sell" }));
  const before = catalog.everything();
  const pages = catalog.db.prepare<{ page_count: number }>("PRAGMA page_count").get()!.page_count;
  setMaxPages(catalog, pages);

  const full = catalog.decide(...orders);
  expect(full.decisions).toEqual(orders.map(() => ({ kind: "failed", reason: "storage_full" })));
  expect(full).toMatchObject({ trades: [], stocks: [] });
  expect(catalog.everything()).toEqual(before);
  expect((await catalog.reads.stock("A"))?.quantity).toBe(99);

  setMaxPages(catalog, 1_000_000);
  const { decisions } = catalog.decide(...orders);
  expect(decisions).toEqual(
    orders.map((_, index) => ({ kind: "traded", number: index + 2, replayed: false })),
  );
});

test("on a full disk an order that was decided before still gets its outcome", () => {
  using catalog = openCatalog();
  const traded = orderLike();
  const refused = orderLike({ quantity: 1_000 });
  catalog.decide(traded, refused);
  const before = catalog.everything();
  setMaxPages(catalog, catalog.db.prepare<{ page_count: number }>("PRAGMA page_count").get()!.page_count);
  const fresh = Array.from({ length: 300 }, () => orderLike({ type: "sell" }));
  const { decisions } = catalog.decide(traded, ...fresh, refused);
  expect(decisions.at(0)).toEqual({ kind: "traded", number: 1, replayed: true });
  expect(decisions.at(-1)).toEqual({ kind: "refused", reason: "insufficient_quantity", replayed: true });
  expect(decisions.slice(1, -1)).toEqual(fresh.map(() => ({ kind: "failed", reason: "storage_full" })));
  expect(catalog.everything()).toEqual(before);
});

function setMaxPages(catalog: OpenCatalog, pages: number): void {
  catalog.db.exec(`PRAGMA max_page_count = ${pages}`);
}

test("a database that another connection has locked is unavailable, with nothing written", () => {
  using catalog = openCatalog();
  const other = openWriter(catalog.path, { synchronous: "NORMAL" });
  catalog.db.exec("PRAGMA busy_timeout = 0");
  other.exec("BEGIN IMMEDIATE");
  expect(catalog.decide(orderLike()).decisions).toEqual([{ kind: "failed", reason: "unavailable" }]);
  other.exec("ROLLBACK");
  other.close();
  expect(catalog.decide(orderLike()).decisions).toEqual([{ kind: "traded", number: 1, replayed: false }]);
});

test.each(["in_doubt", "damaged"] as const)("a store failure of kind %s is thrown, not answered", (kind) => {
  using catalog = openCatalog();
  const failure = new StoreFailure(kind, "disk I/O error");
  const decide = () => {
    throw failure;
  };
  const request = catalog.request([orderLike(), orderLike()]);
  expect(() => decideBatch({ decide, recall: decide }, request, 1, unreachable)).toThrow(failure);
});

test("an unexpected error is reported with the one order that causes it, and the others are decided", () => {
  using catalog = openCatalog();
  const { writer } = catalog;
  const bug = new TypeError("a bug in the decision");
  const orders = [orderLike(), orderLike({ key: "culprit" }), orderLike()];
  const decider: Decider = {
    decide(request, at) {
      if (request.orders.some(({ key }) => key === "culprit")) throw bug;
      return writer.decide(request, at);
    },
    recall: unreachable,
  };
  const reported: unknown[] = [];
  const reply = decideBatch(decider, catalog.request(orders), 1, (error, order) =>
    reported.push([error, order]),
  );
  expect(reply).toMatchObject({
    ok: true,
    data: { decisions: [traded(1), failed("internal_error"), traded(2)] },
  });
  expect(reported).toEqual([[bug, orders[1]]]);
});

test("an error without any order is thrown: no order caused it", () => {
  using catalog = openCatalog();
  const decide = () => {
    throw new TypeError("a bug");
  };
  expect(() => decideBatch({ decide, recall: decide }, catalog.request([]), 1, unreachable)).toThrow("a bug");
});

test("a guarded refusal of the whole batch passes through", () => {
  using catalog = openCatalog({ opening: openingA });
  const request = catalog.request([orderLike()], { epoch: -1 });
  const reply = decideBatch(catalog.writer, request, 1, unreachable);
  expect(reply).toEqual({ ok: false, arrived: "yes", reason: "stale_epoch" });
});

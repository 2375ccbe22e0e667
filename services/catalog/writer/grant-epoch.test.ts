import { expect, test } from "bun:test";

import { StoreFailure, type StoreFailureKind } from "../../../db/store-failure.ts";
import { openCatalog } from "../catalog.fixture.ts";
import { grantEpoch } from "./grant-epoch.ts";

const raising = (kind: StoreFailureKind) => () => {
  throw new StoreFailure(kind, `the store is ${kind}`);
};

test.each([
  ["full", "storage_full"],
  ["busy", "unavailable"],
] as const)("a store that is %s grants no epoch, and does not end the catalog", (kind, reason) => {
  expect(grantEpoch(raising(kind))).toEqual({ ok: false, arrived: "yes", reason });
});

test.each(["in_doubt", "damaged", "constraint"] as const)(
  "a failure of kind %s is thrown, not answered",
  (kind) => {
    expect(() => grantEpoch(raising(kind))).toThrow(`the store is ${kind}`);
  },
);

test("with room, the epoch is granted as the writer grants it", () => {
  using catalog = openCatalog();
  const request = { market_id: null, epoch: 0, ledger: { number: 0, chain: "" } };
  expect(grantEpoch(() => catalog.writer.acquireEpoch(request))).toMatchObject({
    ok: true,
    data: { epoch: 1 },
  });
});

import { expect, test } from "bun:test";

import { openCatalog } from "../catalog.fixture.ts";
import { grantEpoch } from "./grant-epoch.ts";

const raising = (code: string) => () => {
  throw Object.assign(new Error(code), { code });
};

test.each([
  ["SQLITE_FULL", "storage_full"],
  ["SQLITE_BUSY", "unavailable"],
] as const)("%s grants no epoch, and does not end the catalog", (code, reason) => {
  expect(grantEpoch(raising(code))).toEqual({ ok: false, arrived: "yes", reason });
});

test("an error that leaves the outcome in doubt is raised, not answered", () => {
  expect(() => grantEpoch(raising("SQLITE_IOERR"))).toThrow("SQLITE_IOERR");
});

test("with room, the epoch is granted as the writer grants it", () => {
  using catalog = openCatalog();
  const request = { market_id: null, epoch: 0, ledger: { number: 0, chain: "" } };
  expect(grantEpoch(() => catalog.writer.acquireEpoch(request))).toMatchObject({
    ok: true,
    data: { epoch: 1 },
  });
});

import { expect, test } from "bun:test";

import type { LedgerPage, LedgerQuery } from "../../services/contract/order-service.ts";
import { ok, rejected, type Reply } from "../../services/contract/reply.ts";
import { tradeLike } from "../../services/contract/trade.fixture.ts";
import { systemClock, type Clock } from "../../services/runtime/flow/clock.ts";
import { liveSource, type AuditedServices } from "./live-source.ts";

/** Services in this process of which only what a test gives answers. */
function services(given: {
  catalog?: Partial<AuditedServices["catalog"]>;
  order?: Partial<AuditedServices["order"]>;
}): AuditedServices {
  const lost = async (): Promise<Reply<never>> => ({ ok: false, arrived: "no" });
  const catalog = { heads: lost, stocks: lost, trades: lost, changes: lost, overlaps: lost };
  return {
    catalog: { ...catalog, ...given.catalog },
    order: { head: lost, ledgerPage: lost, ...given.order },
  };
}

/** Time that passes only in `sleep`. */
function virtualClock(): Clock {
  let nowMs = 0;
  return { ...systemClock, now: () => nowMs, sleep: async (durationMs) => void (nowMs += durationMs) };
}

test("a page of the ledger that ends early is continued, and no more is asked for than is needed", async () => {
  const queries: LedgerQuery[] = [];
  const ledgerPage = async (query: LedgerQuery): Promise<Reply<LedgerPage>> => {
    queries.push(query);
    const number = query.after + 1;
    return ok({ trades: [tradeLike({ number })], next: number === 3 ? null : number });
  };
  const source = liveSource(services({ order: { ledgerPage } }));
  expect((await source.ledger(0, 2)).map(({ number }) => number)).toEqual([1, 2]);
  expect((await source.ledger(0, 10)).map(({ number }) => number)).toEqual([1, 2, 3]);
  expect(queries).toEqual([
    { after: 0, limit: 2 },
    { after: 1, limit: 1 },
    { after: 0, limit: 10 },
    { after: 1, limit: 9 },
    { after: 2, limit: 8 },
  ]);
});

test.each<[string, Reply<never>]>([
  ["cannot be reached", { ok: false, arrived: "no" }],
  ["loses its reply", { ok: false, arrived: "maybe" }],
  ["is unavailable", rejected("unavailable")],
  ["is overloaded", rejected("overloaded")],
])("a service that %s is asked again until it answers", async (_, failure) => {
  let calls = 0;
  const stocks = async () => ((calls += 1) < 4 ? failure : ok({ stocks: [] }));
  const source = liveSource(services({ catalog: { stocks } }), { clock: virtualClock() });
  expect(await source.stocks("", 1)).toEqual([]);
  expect(calls).toBe(4);
});

test("after the patience, or at a refusal, the audit is impossible", async () => {
  const refuses = async () => rejected("unauthorized");
  const source = liveSource(services({ order: { head: refuses } }), { clock: virtualClock() });
  expect(await source.heads().catch(String)).toBe("AuditImpossible: the catalog does not answer");
  expect(await source.ledgerHead().catch(String)).toBe(
    "AuditImpossible: the order service refused to be audited: unauthorized",
  );
  expect(await source.answers()).toBe(false);
});

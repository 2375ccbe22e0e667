import type { Edit } from "./mutated-copy.ts";
import type { Mistake } from "./plant-all.ts";

/** A mistake, and the way of breaking things that brings it to light. */
export interface PlantedBug extends Mistake {
  by: "kill" | "lost-reply" | "late-news" | "broken-reply" | "network" | "succession" | "power-cut";
}

const rules = "services/catalog/rules.ts";
const catalogStore = "services/catalog/writer/store.ts";
const follower = "services/order/follower.ts";
const submitter = "services/frontend/submitter.ts";
const batcher = "services/runtime/flow/batcher.ts";
const cache = "services/frontend/cache.ts";
const events = "services/frontend/events/stream.ts";

/** Rows that a lost reply told of are never pulled, and those after them are taken without them. */
export const unpulledGap: readonly Edit[] = [
  { file: follower, find: 'if (reply.arrived === "maybe") this.#fallBehind();', replace: "" },
  {
    file: "services/order/rules.ts",
    find: 'if (decision.number !== last + 1) return "gap";',
    replace: "",
  },
  {
    file: "services/order/rules.ts",
    find: 'if (decision.number !== last.number + 1) return "gap";',
    replace: "",
  },
  {
    file: "services/order/rules.ts",
    find: 'return rows.length === 0 || last.chain === chain ? rows : "foreign";',
    replace: "void chain;\n  return rows;",
  },
];

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: "a buy is not held against what is left",
    edits: [
      { file: rules, find: "if (quantity < 0)", replace: "if (quantity < -40)" },
      { file: catalogStore, find: " AND quantity + ? >= 0", replace: " AND ? IS NOT NULL" },
      {
        file: "db/catalog/001-market.sql",
        find: "  quantity    INTEGER NOT NULL CHECK (quantity BETWEEN 0",
        replace: "  quantity    INTEGER NOT NULL CHECK (quantity BETWEEN -100",
      },
      {
        file: "db/catalog/001-market.sql",
        find: "CHECK (quantity_after BETWEEN 0",
        replace: "CHECK (quantity_after BETWEEN -100",
      },
    ],
    by: "kill",
  },
  {
    name: "buying the last share is refused",
    edits: [{ file: rules, find: "if (quantity < 0)", replace: "if (quantity <= 0)" }],
    by: "kill",
  },
  {
    name: "an expected price binds nobody",
    edits: [{ file: rules, find: "order.expected_price_cents !== null &&", replace: "stock.version < 0 &&" }],
    by: "kill",
  },
  {
    name: "a refusal is not kept",
    edits: [{ file: catalogStore, find: "this.#insertRefusal.run(", replace: "void (" }],
    by: "kill",
  },
  {
    name: "a key's first order is not compared with its next",
    edits: [
      {
        file: catalogStore,
        find: "hexOf(known.fingerprint) === fingerprint",
        replace: "fingerprint !== known.fingerprint.join()",
      },
    ],
    by: "kill",
  },
  {
    name: "a number is given again after a restart",
    edits: [
      { file: catalogStore, find: "INSERT INTO trades", replace: "INSERT OR REPLACE INTO trades" },
      {
        file: catalogStore,
        find: "number: head.number + 1,",
        replace: 'number: head.number + (head.number === 0 || Object.hasOwn(globalThis, "decided") ? 1 : 0),',
      },
      {
        file: catalogStore,
        find: "batch.head = trade;",
        replace: "batch.head = trade;\n    Object.assign(globalThis, { decided: true });",
      },
    ],
    by: "kill",
  },
  {
    name: "an order is answered before it is committed",
    edits: [
      {
        file: "db/sqlite/connection.ts",
        find: "  connection.exec(begin);\n",
        replace: '  if (connection.inTransaction()) connection.exec("COMMIT");\n  connection.exec(begin);\n',
      },
      {
        file: "db/sqlite/connection.ts",
        find: '    connection.exec("COMMIT");\n',
        replace: '    setTimeout(() => { try { connection.exec("COMMIT"); } catch {} }, 40);\n',
      },
      {
        file: "db/sqlite/connection.ts",
        find: "    close: () => connection.close(),",
        replace:
          '    close: () => (connection.inTransaction() && connection.exec("COMMIT"), connection.close()),',
      },
    ],
    by: "kill",
  },
  {
    name: "the epoch is ignored",
    edits: [
      { file: catalogStore, find: "if (request.epoch < market.epoch)", replace: "if (request.epoch < 0)" },
      {
        file: follower,
        find: "else if (heads.data.market.epoch > market.epoch) this.#deps.onFenced();",
        replace: "",
      },
    ],
    by: "succession",
  },
  {
    name: "the rows of a lost reply are never pulled",
    edits: unpulledGap,
    by: "lost-reply",
  },
  {
    name: "an order is sent again under a new key",
    edits: [
      {
        file: submitter,
        find: "      ...order,\n",
        replace:
          "      ...order,\n      ...(Object.hasOwn(order, 'sent') && { key: Bun.randomUUIDv7(), request_id: Bun.randomUUIDv7() }),\n      ...(Object.assign(order, { sent: true }) && {}),\n",
      },
    ],
    by: "kill",
  },
  {
    name: "a resent copy does not join the one under way",
    edits: [
      {
        file: "services/order/intake.ts",
        find: "other.requestId === order.request_id",
        replace: "other.requestId === order.key",
      },
      // The frontend is made impatient, or a copy would be resent after two seconds only.
      { file: submitter, find: "attemptTimeoutMs = 2_000", replace: "attemptTimeoutMs = 40" },
    ],
    by: "kill",
  },
  {
    name: "nothing was done, says the answer to an order that may have been sent",
    edits: [
      {
        file: batcher,
        find: 'flight.isAttempting || waiting.maybeSent ? "outcome_unknown" : "unavailable"',
        replace: '"unavailable"',
      },
    ],
    by: "lost-reply",
  },
  {
    name: "the cache keeps the older of two states",
    edits: [
      {
        file: cache,
        find: "if (entry && state.version > entry.version)",
        replace: "if (entry && state.version < entry.version)",
      },
      {
        file: cache,
        find: "if ((this.#entries.get(name)?.version ?? version) < version) this.#entries.delete(name);",
        replace: "",
      },
    ],
    by: "kill",
  },
  {
    name: "the cache takes whatever comes, older or not",
    edits: [
      {
        file: cache,
        find: "if (entry && state.version > entry.version)",
        replace: "if (entry)",
      },
    ],
    by: "late-news",
  },
  {
    name: "the reply to a lookup is kept though an event overtook it",
    edits: [
      {
        file: cache,
        find: "if (state.version >= lookup.keptFrom)",
        replace: "if (lookup.keptFrom < Infinity)",
      },
    ],
    by: "late-news",
  },
  {
    name: "the cache keeps what it has when its feed begins anew",
    edits: [{ file: cache, find: "this.#entries.clear();", replace: "" }],
    by: "late-news",
  },
  {
    name: "a late copy of a request for the lead is granted",
    edits: [
      {
        file: catalogStore,
        find: 'if (follower.epoch !== market.epoch) return { ok: false, reason: "stale_epoch" };',
        replace: "",
      },
    ],
    by: "network",
  },
  {
    name: "a reply that breaks off is taken for a call that never arrived",
    edits: [
      {
        file: "services/runtime/http/peer.ts",
        find: 'that is not JSON.\n    return { ok: false, arrived: "maybe" };',
        replace: 'that is not JSON.\n    return { ok: false, arrived: "no" };',
      },
    ],
    by: "broken-reply",
  },
  {
    name: "an event is skipped where two pages meet",
    edits: [
      {
        file: "services/frontend/events/log-tail.ts",
        find: "this.#rows.slice(after + 1 - first)",
        replace: "this.#rows.slice(after + 2 - first)",
      },
    ],
    by: "kill",
  },
  {
    name: "an event's id is the place before it",
    edits: [
      {
        file: events,
        find: '    at.trade = trade.number;\n    text += frame("trade", at, tradeView(trade));\n',
        replace: '    text += frame("trade", at, tradeView(trade));\n    at.trade = trade.number;\n',
      },
    ],
    by: "kill",
  },
  {
    name: "an order is answered before the disk has it",
    edits: [
      {
        file: "services/catalog/writer/worker.ts",
        find: 'synchronous: "FULL"',
        replace: 'synchronous: "NORMAL"',
      },
    ],
    by: "power-cut",
  },
  {
    name: "the ledger's file is written before its log is on the disk",
    edits: [
      {
        file: "services/order/main.ts",
        find: 'claimDatabase(config.dataDir, "order", "NORMAL")',
        replace: 'claimDatabase(config.dataDir, "order", "OFF" as "NORMAL")',
      },
    ],
    by: "power-cut",
  },
];

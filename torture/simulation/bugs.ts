import { unpulledGap } from "../planted/bugs.ts";
import type { Mistake } from "../planted/plant-all.ts";

const catalogStore = "services/catalog/writer/store.ts";
const follower = "services/order/follower.ts";
const desk = "services/order/intake.ts";
const submitter = "services/frontend/submitter.ts";
const batcher = "services/runtime/flow/batcher.ts";

/** In the protocol between the services: the simulation has to bring them to light. */
export const protocolBugs: readonly Mistake[] = [
  {
    name: "an order is answered before it is in the ledger",
    edits: [
      {
        file: follower,
        find: "(await this.#append(rows)) ? rows : undefined;",
        replace:
          "(void Bun.sleep(30).then(() => this.#writing.run(() => this.#catchUp())), true) ? rows : undefined;",
      },
      {
        file: follower,
        find: "const isLacking = highest > reached;",
        replace: "const isLacking = highest < 0;",
      },
    ],
  },
  {
    name: "a gap in the ledger is not pulled",
    edits: unpulledGap,
  },
  {
    name: "an idle order service never looks whether the log went on",
    edits: [{ file: follower, find: "else await this.#catchUp();", replace: "" }],
  },
  {
    name: "the epoch of a batch is not checked",
    edits: [
      { file: catalogStore, find: "if (request.epoch < market.epoch)", replace: "if (request.epoch < 0)" },
    ],
  },
  {
    name: "a late request for the lead takes it from who has it",
    edits: [
      {
        file: catalogStore,
        find: "if (follower.epoch !== market.epoch)",
        replace: "if (follower.epoch < 0)",
      },
    ],
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
  },
  {
    name: "a known key is decided again",
    edits: [
      { file: catalogStore, find: "if (refused) return refused;", replace: "void refused;" },
      { file: catalogStore, find: "if (traded) return traded;", replace: "void traded;" },
      { file: catalogStore, find: " ON CONFLICT (order_id) DO NOTHING", replace: "" },
      { file: "db/catalog/001-market.sql", find: "BLOB    NOT NULL UNIQUE,", replace: "BLOB    NOT NULL," },
      { file: catalogStore, find: '"INSERT INTO refusals', replace: '"INSERT OR IGNORE INTO refusals' },
    ],
  },
  {
    name: "a resent copy does not join the one under way",
    edits: [
      { file: desk, find: "other.requestId === order.request_id", replace: "other.requestId === order.key" },
    ],
  },
  {
    name: "another request with the same key joins the one under way",
    edits: [{ file: desk, find: "return isCopy ?", replace: "return isCopy || order.key ?" }],
  },
  {
    name: "what may have been sent is answered as if it had not",
    edits: [
      {
        file: batcher,
        find: 'flight.isAttempting || waiting.maybeSent ? "outcome_unknown" : "unavailable"',
        replace: '"unavailable"',
      },
    ],
  },
  {
    name: "nobody minds that an earlier copy may have arrived",
    edits: [
      {
        file: batcher,
        find: "waiting.maybeSent ? this.#options.afterPossibleDelivery(answer) : answer",
        replace: "answer",
      },
    ],
  },
  {
    name: "an order that was answered is sent nevertheless",
    edits: [
      { file: batcher, find: "waiting.resolve ?? waiting.maybeSent", replace: "waiting.item !== undefined" },
    ],
  },
  {
    name: "a broken connection counts as one that was never made",
    edits: [
      {
        file: "services/runtime/http/peer.ts",
        find: 'arrived: refusedConnection(error?.value) ? "no" : "maybe"',
        replace: 'arrived: refusedConnection(error?.value) || error ? "no" : "maybe"',
      },
    ],
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
  },
  {
    name: "a refusal is not kept",
    edits: [{ file: catalogStore, find: "this.#insertRefusal.run(", replace: "void (" }],
  },
  {
    name: "numbers come from memory, which a roll-back does not undo",
    edits: [
      { file: catalogStore, find: "number: head.number + 1,", replace: "number: nextNumber(head.number)," },
      {
        file: catalogStore,
        find: "interface Batch {",
        replace:
          "let lastNumber = 0;\nfunction nextNumber(inTable: number): number {\n  lastNumber = inTable === 0 ? 1 : lastNumber < inTable ? inTable + 1 : lastNumber + 1;\n  return lastNumber;\n}\n\ninterface Batch {",
      },
    ],
  },
  {
    name: "a full disk at the start ends the order service",
    edits: [
      {
        file: follower,
        find: "if (!(await this.#write(() => this.#deps.ledger.follow(market)))) return false;",
        replace: "await this.#deps.ledger.follow(market);",
      },
    ],
  },
  {
    name: "the cache keeps what it has when its feed stands anew",
    edits: [
      { file: "services/frontend/cache.ts", find: "this.#entries.clear();", replace: "" },
      {
        file: "services/frontend/cache.ts",
        find: "return this.#now() - this.#heardAt < this.#silenceMs;",
        replace: "return true;",
      },
    ],
  },
];

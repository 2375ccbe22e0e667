import { files } from "./files.ts";
import type { PlantedBug } from "./planted-bug.ts";

const { orderRules, orderMain, orderIntake, follower, batcher, submitter } = files;

export const orderBugs: readonly PlantedBug[] = [
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
    caughtBy: ["simulation"],
  },
  {
    name: "the rows of a lost reply are never pulled",
    edits: [
      { file: follower, find: 'if (reply.arrived === "maybe") this.#fallBehind();', replace: "" },
      { file: orderRules, find: 'if (decision.number !== last + 1) return "gap";', replace: "" },
      { file: orderRules, find: 'if (decision.number !== last.number + 1) return "gap";', replace: "" },
      {
        file: orderRules,
        find: 'return rows.length === 0 || last.chain === chain ? rows : "foreign";',
        replace: "void chain;\n  return rows;",
      },
    ],
    caughtBy: ["lost-reply", "simulation"],
  },
  {
    name: "an idle order service never compares the heads",
    edits: [{ file: follower, find: "else await this.#catchUp();", replace: "" }],
    caughtBy: ["simulation"],
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
    caughtBy: ["simulation"],
  },
  {
    name: "the ledger's file is written before its log is on the disk",
    edits: [
      {
        file: orderMain,
        find: 'claimDatabase(config.dataDir, "order", "NORMAL")',
        replace: 'claimDatabase(config.dataDir, "order", "OFF" as "NORMAL")',
      },
    ],
    caughtBy: ["power-cut"],
  },
  {
    name: "a resent copy does not join the request in flight",
    edits: [
      {
        file: orderIntake,
        find: "other.requestId === order.request_id",
        replace: "other.requestId === order.key",
      },
      // Otherwise a copy would be resent only after two seconds.
      { file: submitter, find: "attemptTimeoutMs = 2_000", replace: "attemptTimeoutMs = 40" },
    ],
    caughtBy: ["kill", "simulation"],
  },
  {
    name: "another request with the same key joins the request in flight",
    edits: [{ file: orderIntake, find: "return isCopy ?", replace: "return isCopy || order.key ?" }],
    caughtBy: ["simulation"],
  },
  {
    name: "an order that may have been sent is answered as if it was not",
    edits: [
      {
        file: batcher,
        find: 'flight.isAttempting || waiting.maybeSent ? "outcome_unknown" : "unavailable"',
        replace: '"unavailable"',
      },
    ],
    caughtBy: ["lost-reply", "simulation"],
  },
  {
    name: "a rejection is passed on although an earlier copy may have arrived",
    edits: [
      {
        file: batcher,
        find: "waiting.maybeSent ? this.#options.afterPossibleDelivery(answer) : answer",
        replace: "answer",
      },
    ],
    caughtBy: ["simulation"],
  },
  {
    name: "an order that was already answered is sent",
    edits: [
      { file: batcher, find: "waiting.resolve ?? waiting.maybeSent", replace: "waiting.item !== undefined" },
    ],
    caughtBy: ["simulation"],
  },
];

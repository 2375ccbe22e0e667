import { files } from "./files.ts";
import type { PlantedBug } from "./planted-bug.ts";

const { orderRules, orderOnDisk, orderIntake, leadership, replica, dispatcher, batcher, gateway } = files;

export const orderBugs: readonly PlantedBug[] = [
  {
    name: "an order is answered before it is in the ledger",
    edits: [
      {
        file: replica,
        find: "(await this.#append(head, rows)) ? rows : [];",
        replace: "rows.length >= 0 ? rows : [];",
      },
      {
        file: replica,
        find: "const isLacking = highest > reached;",
        replace: "const isLacking = highest < 0;",
      },
    ],
    caughtBy: ["simulation"],
  },
  {
    name: "the rows of a lost reply are never pulled",
    edits: [
      { file: dispatcher, find: "      replica.fallBehind();\n", replace: "" },
      { file: orderRules, find: 'if (decision.number !== last + 1) return "gap";', replace: "" },
      { file: orderRules, find: 'if (decision.number !== last.number + 1) return "gap";', replace: "" },
      {
        file: orderRules,
        find: "const row = makeTrade(last, order, { ...decision, at });",
        replace: "const row = { ...makeTrade(last, order, { ...decision, at }), number: decision.number };",
      },
      {
        file: orderRules,
        find: 'return rows.length === 0 || last.chain === chain ? rows : "foreign";',
        replace: "void chain;\n  return rows;",
      },
      {
        file: replica,
        find: "if (rows[0]?.number !== head.number + 1 || last.number !== head.number + rows.length)",
        replace: "if (rows.length === 0)",
      },
    ],
    caughtBy: ["lost-reply", "simulation"],
  },
  {
    name: "an idle order service never compares the heads",
    edits: [{ file: leadership, find: "else await replica.catchUp(term);", replace: "" }],
    caughtBy: ["simulation"],
  },
  {
    name: "a fenced order service acquires an epoch again",
    edits: [
      {
        file: leadership,
        find: 'if (end.kind === "fenced") {',
        replace: 'if (end.kind === "fenced" && this.#isStopped) {',
      },
    ],
    caughtBy: ["simulation"],
  },
  {
    name: "a full disk at the start ends the order service",
    edits: [
      {
        file: replica,
        find: "const isFollowed = await this.#write(() => this.#deps.ledger.follow(term.market));",
        replace: "const isFollowed = (await this.#deps.ledger.follow(term.market), true);",
      },
    ],
    caughtBy: ["simulation"],
  },
  {
    name: "the ledger's file is written before its log is on the disk",
    edits: [
      {
        file: orderOnDisk,
        find: 'claimDatabase(dataDir, "order", "NORMAL")',
        replace: 'claimDatabase(dataDir, "order", "OFF" as "NORMAL")',
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
      { file: gateway, find: "attemptTimeoutMs = 2_000", replace: "attemptTimeoutMs = 40" },
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
        find: 'batch.isAttempting || entry.mayHaveArrived ? "outcome_unknown" : "unavailable"',
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
        find: "entry.mayHaveArrived ? this.#options.afterPossibleDelivery(answer) : answer",
        replace: "answer",
      },
    ],
    caughtBy: ["simulation"],
  },
  {
    name: "an order that was already answered is sent",
    edits: [
      { file: batcher, find: "entry.resolve ?? entry.mayHaveArrived", replace: "entry.item !== undefined" },
    ],
    caughtBy: ["simulation"],
  },
];

import { files } from "./files.ts";
import type { PlantedBug } from "./planted-bug.ts";

const { gateway, publicOrderRoutes, query, cache, eventStream, logTail } = files;

export const frontendBugs: readonly PlantedBug[] = [
  {
    name: "an order is sent again under a new key",
    edits: [
      {
        file: gateway,
        find: "      ...order,\n",
        replace:
          "      ...order,\n      ...(Object.hasOwn(order, 'sent') && { key: context.newId(), request_id: context.newId() }),\n      ...(Object.assign(order, { sent: true }) && {}),\n",
      },
    ],
    caughtBy: ["kill", "simulation"],
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
        find: "if (cached && cached.version < version) this.#delete(cached);",
        replace: "",
      },
    ],
    caughtBy: ["kill"],
  },
  {
    name: "the cache takes every state, even an older one",
    edits: [{ file: cache, find: "if (entry && state.version > entry.version)", replace: "if (entry)" }],
    caughtBy: ["late-events"],
  },
  {
    name: "the reply to a lookup is cached although an event overtook it",
    edits: [
      {
        file: cache,
        find: "if (state.version >= lookup.minVersion)",
        replace: "if (lookup.minVersion < Infinity)",
      },
    ],
    caughtBy: ["late-events"],
  },
  {
    name: "the cache is not emptied when its feed reconnects",
    edits: [{ file: cache, find: "this.#deleteAll();", replace: "" }],
    caughtBy: ["late-events"],
  },
  {
    name: "the cache is neither emptied when its feed reconnects nor bypassed while the feed is down",
    edits: [
      { file: cache, find: "this.#deleteAll();", replace: "" },
      {
        file: cache,
        find: "return this.#isOn && this.#clock.now() - this.#lastEventAtMs < this.#silenceMs;",
        replace: "return true;",
      },
    ],
    caughtBy: ["simulation"],
  },
  {
    name: "an event is skipped between two pages",
    edits: [
      {
        file: logTail,
        find: "const start = after + 1 - first;",
        replace: "const start = after + 2 - first;",
      },
    ],
    caughtBy: ["kill"],
  },
  {
    name: "an event's id is the position before it",
    edits: [
      {
        file: eventStream,
        find: '    at.trade = trade.number;\n    text += frame("trade", at, tradeView(trade));\n',
        replace: '    text += frame("trade", at, tradeView(trade));\n    at.trade = trade.number;\n',
      },
    ],
    caughtBy: ["kill"],
  },
  {
    name: "a refusal quotes what was sent",
    edits: [
      {
        file: query,
        find: '"name must be 1 to 32 of A-Z a-z 0-9 . - _"',
        replace: '"name is " + text',
      },
    ],
    caughtBy: ["fuzz"],
    fuzzViolation: /a refusal quotes what was sent/,
  },
  {
    name: "a reader may trade",
    edits: [
      {
        file: publicOrderRoutes,
        find: '.use(admitting(access, "trader"))',
        replace: '.use(admitting(access, "reader"))',
      },
    ],
    caughtBy: ["fuzz"],
    fuzzViolation: /expected: forbidden/,
  },
  {
    name: "an order is placed twice",
    edits: [
      {
        file: gateway,
        find: "return this.submit({ request_id: this.#deps.context.newId(), client, key, ...order });",
        replace:
          "void this.submit({ request_id: key, client, key: this.#deps.context.newId(), ...order });\n    return this.submit({ request_id: this.#deps.context.newId(), client, key, ...order });",
      },
    ],
    caughtBy: ["fuzz"],
    fuzzViolation: /was ordered by no message/,
  },
];

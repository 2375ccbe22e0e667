import { files } from "./files.ts";
import type { PlantedBug } from "./planted-bug.ts";

const {
  catalogRules,
  catalogStore,
  catalogWorker,
  catalogRoutes,
  catalogSchema,
  connection,
  decideOrders,
  leadership,
  refusalTable,
  stockTable,
  tradeLog,
} = files;

export const catalogBugs: readonly PlantedBug[] = [
  {
    name: "a buy may take more than is left",
    edits: [
      { file: catalogRules, find: "if (quantity < 0)", replace: "if (quantity < -40)" },
      { file: stockTable, find: " AND quantity + ? >= 0", replace: " AND ? IS NOT NULL" },
      {
        file: catalogSchema,
        find: "  quantity    INTEGER NOT NULL CHECK (quantity BETWEEN 0",
        replace: "  quantity    INTEGER NOT NULL CHECK (quantity BETWEEN -100",
      },
      {
        file: catalogSchema,
        find: "CHECK (quantity_after BETWEEN 0",
        replace: "CHECK (quantity_after BETWEEN -100",
      },
    ],
    caughtBy: ["kill"],
  },
  {
    name: "buying the last share is refused",
    edits: [{ file: catalogRules, find: "if (quantity < 0)", replace: "if (quantity <= 0)" }],
    caughtBy: ["kill"],
  },
  {
    name: "an expected price is ignored",
    edits: [
      {
        file: catalogRules,
        find: "order.expected_price_cents !== null &&",
        replace: "stock.version < 0 &&",
      },
    ],
    caughtBy: ["kill"],
  },
  {
    name: "a refusal is not stored",
    edits: [{ file: decideOrders, find: "books.refusals.add(refusal);", replace: "void refusal;" }],
    caughtBy: ["kill", "simulation"],
  },
  {
    name: "a reused key is not noticed",
    edits: [
      {
        file: decideOrders,
        find: "known.fingerprint === fingerprintOf(order)",
        replace: 'fingerprintOf(order) !== ""',
      },
    ],
    caughtBy: ["kill", "simulation"],
  },
  {
    name: "a number is given twice after a restart",
    edits: [
      { file: tradeLog, find: "INSERT INTO trades", replace: "INSERT OR REPLACE INTO trades" },
      {
        file: decideOrders,
        find: "makeTrade(batch.head,",
        replace:
          'makeTrade({ ...batch.head, number: batch.head.number - (batch.head.number === 0 || Object.hasOwn(globalThis, "decided") ? 0 : 1) },',
      },
      {
        file: decideOrders,
        find: "batch.head = trade;",
        replace: "batch.head = trade;\n    Object.assign(globalThis, { decided: true });",
      },
    ],
    caughtBy: ["kill"],
  },
  {
    name: "numbers come from memory, which a rollback does not undo",
    edits: [
      {
        file: decideOrders,
        find: "makeTrade(batch.head,",
        replace: "makeTrade({ ...batch.head, number: nextNumber(batch.head.number) - 1 },",
      },
      {
        file: decideOrders,
        find: "interface Batch {",
        replace:
          "let lastNumber = 0;\nfunction nextNumber(inTable: number): number {\n  lastNumber = inTable === 0 ? 1 : lastNumber < inTable ? inTable + 1 : lastNumber + 1;\n  return lastNumber;\n}\n\ninterface Batch {",
      },
    ],
    caughtBy: ["simulation"],
  },
  {
    name: "a known order is decided again",
    edits: [
      { file: decideOrders, find: "if (refused) return refused;", replace: "void refused;" },
      { file: decideOrders, find: "if (traded) return traded;", replace: "void traded;" },
      { file: tradeLog, find: " ON CONFLICT (order_id) DO NOTHING", replace: "" },
      { file: catalogSchema, find: "BLOB    NOT NULL UNIQUE,", replace: "BLOB    NOT NULL," },
      { file: refusalTable, find: '"INSERT INTO refusals', replace: '"INSERT OR IGNORE INTO refusals' },
    ],
    caughtBy: ["simulation"],
  },
  {
    name: "an order is answered before it is committed",
    edits: [
      {
        file: connection,
        find: "  connection.exec(begin);\n",
        replace: '  if (connection.inTransaction()) connection.exec("COMMIT");\n  connection.exec(begin);\n',
      },
      {
        file: connection,
        find: '    connection.exec("COMMIT");\n',
        replace: '    setTimeout(() => { try { connection.exec("COMMIT"); } catch {} }, 40);\n',
      },
      {
        file: connection,
        find: "    close: () => connection.close(),",
        replace:
          '    close: () => (connection.inTransaction() && connection.exec("COMMIT"), connection.close()),',
      },
    ],
    caughtBy: ["kill"],
  },
  {
    name: "an order is answered before it is synced to the disk",
    edits: [{ file: catalogWorker, find: 'synchronous: "FULL"', replace: 'synchronous: "NORMAL"' }],
    caughtBy: ["power-cut"],
  },
  {
    name: "neither the catalog nor the order service compares epochs",
    edits: [
      { file: catalogStore, find: "if (request.epoch < market.epoch)", replace: "if (request.epoch < 0)" },
      {
        file: leadership,
        find: "else if (market.epoch > term.market.epoch) term.fence();",
        replace: "",
      },
    ],
    caughtBy: ["succession"],
  },
  {
    name: "the epoch of a batch is not checked",
    edits: [
      { file: catalogStore, find: "if (request.epoch < market.epoch)", replace: "if (request.epoch < 0)" },
    ],
    caughtBy: ["simulation"],
  },
  {
    name: "a late copy of an epoch request is granted",
    edits: [
      {
        file: catalogStore,
        find: "if (request.epoch !== market.epoch)",
        replace: "if (request.epoch < 0)",
      },
    ],
    caughtBy: ["network", "simulation"],
  },
  {
    name: "a page of a log may have any length",
    edits: [
      {
        file: catalogRoutes,
        find: "const PageLimit = t.Integer({ minimum: 1, maximum: limits.pageItems });",
        replace: "const PageLimit = t.Integer({ minimum: 1 });",
      },
    ],
    caughtBy: ["fuzz"],
    fuzzViolation: /catalog: it passed; expected: invalid_request/,
  },
];

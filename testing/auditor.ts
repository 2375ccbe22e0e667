import { Database } from "bun:sqlite";
import { createHash } from "node:crypto";
import { join } from "node:path";

/**
 * An independent check of a market's two files. It shares no code with the services on purpose: a mistake there, in
 * the chain or the SQL, must not be repeated here.
 */
export interface TradeRow {
  number: number;
  order_id: string;
  fingerprint: string;
  client: string;
  name: string;
  type: "buy" | "sell";
  quantity: number;
  price_cents: number;
  quantity_after: number;
  stock_version: number;
  at: number;
  chain: string;
}

export interface StockRow {
  name: string;
  price_cents: number;
  quantity: number;
  volume: number;
  version: number;
}

/** The log of openings; these tests make no other changes. */
export interface OpeningRow {
  number: number;
  kind: string;
  name: string;
  price_cents: number;
  quantity_delta: number;
  status: string;
  stock_version: number;
  at: number;
  chain: string;
}

export interface Books {
  marketId: string;
  ledgerMarketId: string | undefined;
  openings: OpeningRow[];
  stocks: StockRow[];
  trades: TradeRow[];
  refusals: { order_id: string; reason: string; at: number }[];
  ledger: TradeRow[];
  /** The results of `PRAGMA integrity_check`, one of each file. */
  integrity: string[];
}

/** An order as a client sent it, and the outcome that the client got. */
export interface Acknowledged {
  key: string;
  order: { name: string; type: string; quantity: number };
  status: number;
  text: string;
}

const tradeColumns =
  "number, CAST(order_id AS TEXT) AS order_id, lower(hex(fingerprint)) AS fingerprint, client, name, type, quantity, price_cents, quantity_after, stock_version, at, lower(hex(chain)) AS chain";

/** Everything in `catalog.db` and `order.db` of a data folder; the services may run. */
export function readBooks(catalogDir: string, orderDir: string = catalogDir): Books {
  using catalog = new Database(join(catalogDir, "catalog.db"), { readonly: true });
  using order = new Database(join(orderDir, "order.db"), { readonly: true });
  // The ledger first: while the market runs, it may be behind the log but never ahead of it.
  const ledger = order.query(`SELECT ${tradeColumns} FROM ledger ORDER BY number`).all() as TradeRow[];
  return {
    ledger,
    ledgerMarketId: (order.query("SELECT market_id FROM meta").get() as { market_id: string } | null)
      ?.market_id,
    trades: catalog.query(`SELECT ${tradeColumns} FROM trades ORDER BY number`).all() as TradeRow[],
    refusals: catalog
      .query("SELECT CAST(order_id AS TEXT) AS order_id, reason, at FROM refusals")
      .all() as Books["refusals"],
    stocks: catalog
      .query("SELECT name, price_cents, quantity, volume, version FROM stocks")
      .all() as StockRow[],
    openings: catalog
      .query(
        "SELECT number, kind, name, price_cents, quantity_delta, status, stock_version, at, lower(hex(chain)) AS chain FROM changes ORDER BY number",
      )
      .all() as OpeningRow[],
    marketId: (catalog.query("SELECT market_id FROM meta").get() as { market_id: string }).market_id,
    integrity: [catalog, order].map((db) => String(Object.values(db.query("PRAGMA integrity_check").get()!))),
  };
}

/** What is wrong with the books, a sentence each; nothing is an empty array. */
export function faultsIn(books: Books): string[] {
  return [
    ...books.integrity.filter((verdict) => verdict !== "ok").map((verdict) => `integrity: ${verdict}`),
    ...numberFaults("the trade log", books.trades),
    ...numberFaults("the ledger", books.ledger),
    ...copyFaults(books),
    ...orderIdFaults(books),
    ...stockFaults(books),
    ...chainFaults(books),
  ];
}

/** The answers that the books contradict, a sentence each. */
export function answerFaults(books: Books, answers: readonly Acknowledged[], client = "anonymous"): string[] {
  const traded = new Map(books.ledger.map((row) => [row.order_id, row]));
  const refused = new Map(books.refusals.map((row) => [row.order_id, row.reason]));
  return answers.flatMap(({ key, order, status, text }) => {
    const id = `${client}\0${key}`;
    const { data, error } = JSON.parse(text) as {
      data?: Record<string, unknown>;
      error?: { reason: string };
    };
    const row = traded.get(id);
    if (status !== 200) {
      if (row) return `${key} was refused, and is in the ledger as ${row.number}`;
      return refused.get(id) === error?.reason ? [] : `${key} was refused: the books do not know why`;
    }
    if (!row) return `${key} was acknowledged, and is not in the ledger`;
    const { number, name, type, quantity } = row;
    const written = { transaction_number: number, name, type, quantity, price: row.price_cents / 100 };
    const answered = { ...data, at: undefined };
    const sameAnswer = Bun.deepEquals(answered, written) && data?.["at"] === new Date(row.at).toISOString();
    if (!sameAnswer) return `${key} was acknowledged otherwise than it is in the ledger as ${number}`;
    return Bun.deepEquals({ name, type, quantity }, order) ? [] : `${key} is not what its client ordered`;
  });
}

const nothingDoneReasons = ["unavailable", "overloaded", "storage_full"];

/** Orders that are decided in the books although their clients got a failure that promises that nothing was done. */
export function undoneFaults(
  books: Books,
  answers: readonly Pick<Acknowledged, "key" | "text">[],
  client = "anonymous",
): string[] {
  const decided = new Set([...books.trades, ...books.refusals].map((row) => row.order_id));
  return answers
    .filter(({ text }) => nothingDoneReasons.includes(JSON.parse(text).error?.reason))
    .filter(({ key }) => decided.has(`${client}\0${key}`))
    .map(({ key, text }) => `${key} is decided, and was answered with ${text}`);
}

function numberFaults(what: string, rows: readonly { number: number }[]): string[] {
  const gap = rows.findIndex(({ number }, index) => number !== index + 1);
  return gap < 0 ? [] : [`${what} has ${rows[gap]?.number} where ${gap + 1} is due`];
}

function copyFaults({ trades, ledger, marketId, ledgerMarketId }: Books): string[] {
  const faults = ledgerMarketId === marketId ? [] : ["the ledger is of another market"];
  if (trades.length !== ledger.length)
    faults.push(`${trades.length} trades, and ${ledger.length} rows in the ledger`);
  const other = ledger.find((row, index) => !Bun.deepEquals(row, trades[index]));
  if (other) faults.push(`the ledger's row ${other.number} is not the trade log's`);
  return faults;
}

function orderIdFaults({ trades, refusals }: Books): string[] {
  const ids = new Set(trades.map((row) => row.order_id));
  const faults = ids.size === trades.length ? [] : ["an order traded twice"];
  if (refusals.some((row) => ids.has(row.order_id))) faults.push("an order is both traded and refused");
  return faults;
}

/** Replays every stock from its opening. */
function stockFaults({ openings, trades, stocks }: Books): string[] {
  const faults: string[] = [];
  const replayed = new Map<string, StockRow>();
  for (const { name, price_cents, quantity_delta } of openings)
    replayed.set(name, { name, price_cents, quantity: quantity_delta, volume: 0, version: 1 });
  for (const trade of trades) {
    const stock = replayed.get(trade.name);
    if (!stock) {
      faults.push(`trade ${trade.number} is of a stock without an opening`);
      continue;
    }
    stock.quantity += trade.type === "buy" ? -trade.quantity : trade.quantity;
    stock.volume += trade.quantity;
    stock.version += 1;
    if (stock.quantity < 0) faults.push(`trade ${trade.number} takes ${trade.name} below zero`);
    const after = { price_cents: trade.price_cents, quantity: trade.quantity_after };
    if (
      stock.quantity !== after.quantity ||
      stock.price_cents !== after.price_cents ||
      stock.version !== trade.stock_version
    )
      faults.push(`trade ${trade.number} does not follow from the trades before it`);
  }
  for (const stock of stocks)
    if (!Bun.deepEquals(stock, replayed.get(stock.name)))
      faults.push(`${stock.name} is not its opening + sells - buys`);
  if (stocks.length !== replayed.size) faults.push("the stocks are not those that were opened");
  return faults;
}

function chainFaults({ marketId, openings, trades }: Books): string[] {
  const faults: string[] = [];
  const follow = (what: string, rows: readonly { number: number; chain: string }[]): void => {
    let previous = sha256(marketId);
    for (const { chain, ...columns } of rows) {
      if (chain !== chainAfter(previous, columns))
        faults.push(`the chain of ${what} breaks at ${columns.number}`);
      previous = chain;
    }
  };
  follow("the trades", trades);
  follow(
    "the openings",
    openings.map(({ at, chain, ...row }) => ({ ...row, client: null, key: null, at, chain })),
  );
  for (const { number, name, type, quantity, price_cents, fingerprint } of trades) {
    const order = `${name}\n${type}\n${quantity}\n`;
    // With an expected price that did not hold it would not have traded.
    if (fingerprint !== sha256(order) && fingerprint !== sha256(`${order}${price_cents}`))
      faults.push(`trade ${number} has the fingerprint of another order`);
  }
  return faults;
}

/** Previous chain and columns in their order, each as a netstring. */
function chainAfter(previous: string, columns: Readonly<Record<string, string | number | null>>): string {
  const texts = [previous, ...Object.values(columns).map((value) => String(value ?? ""))];
  return sha256(texts.map((text) => `${Buffer.byteLength(text)}:${text},`).join(""));
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

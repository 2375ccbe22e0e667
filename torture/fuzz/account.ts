import { faultsIn, type Books, type TradeRow } from "../../testing/auditor.ts";
import type { Answer } from "./connection.ts";
import { statusOfReason } from "./contract.ts";
import { reasonOf } from "./judge-answer.ts";
import type { Prediction } from "./oracle.ts";
import { endingsOf, type AskedOrder } from "./orders-in.ts";

/** A trade as an answer told of it: the columns that it showed. */
interface Heard {
  order: AskedOrder;
  price_cents: number;
  atMs: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** What was asked for and heard, to hold the books against. */
export class Account {
  /** Trades by number. */
  readonly #heard = new Map<number, Heard>();
  /** Orders that were sent and whose outcome nobody told. */
  readonly #unknown: AskedOrder[] = [];
  #refused = 0;

  get trades(): number {
    return this.#heard.size;
  }

  /** An answer never came, or none that says what became of these. */
  unanswered(items: Prediction["items"]): void {
    for (const order of items) if (order) this.#unknown.push(order);
  }

  /** Takes an answer down; returns what it says that it must not. */
  answered(prediction: Prediction, answer: Answer): string[] {
    const { items } = prediction;
    const [first] = items;
    if (answer.status !== 200) {
      if (answer.status >= 500) this.unanswered(items);
      else if (prediction.answer === "receipt") this.#refused += 1;
      return [];
    }
    if (prediction.answer === "other") return [];
    const body = JSON.parse(answer.body) as Fields;
    switch (prediction.answer) {
      case "receipt":
        return first
          ? this.#receipt(first, body["data"] as Fields, answer.headers.has("idempotency-replayed"))
          : [];
      case "entries":
        return this.#each(items, body["data"], (order, entry) => this.#entry(order, entry));
      case "outcomes":
        return this.#each(items, body["outcomes"], (order, outcome) => this.#outcome(order, outcome));
      case "decisions":
        return this.#each(items, body["decisions"], (order, decision) =>
          this.#decision(order, decision, body["at"]),
        );
    }
  }

  #each(
    items: Prediction["items"],
    entries: unknown,
    take: (order: AskedOrder | undefined, entry: Fields) => string[],
  ): string[] {
    if (!Array.isArray(entries) || entries.length !== items.length)
      return [`${items.length} orders got ${Array.isArray(entries) ? entries.length : "no"} answers`];
    return items.flatMap((order, index) => take(order, entries[index] as Fields));
  }

  #entry(order: AskedOrder | undefined, entry: Fields): string[] {
    const replayed = entry["replayed"] === true;
    if ("data" in entry)
      return order ? this.#receipt(order, entry["data"] as Fields, replayed) : ["what is no order traded"];
    const { code, reason } = entry["error"] as { code: number; reason: string };
    return this.#refusal(order, reason, code >= 500);
  }

  #outcome(order: AskedOrder | undefined, outcome: Fields): string[] {
    // A copy within one call joins the first, and gets its very answer.
    if (outcome["kind"] === "traded") return this.#fill(order, outcome["fill"] as Fields, true);
    return this.#refusal(order, String(outcome["reason"]), nothingTold.includes(String(outcome["reason"])));
  }

  #decision(order: AskedOrder | undefined, decision: Fields, at: unknown): string[] {
    if (decision["kind"] === "compact") return this.#fill(order, { ...decision, at }, false);
    // It traded before: the number points at a row that another answer told of.
    return decision["kind"] === "traded" ? [] : this.#outcome(order, decision);
  }

  #refusal(order: AskedOrder | undefined, reason: string, isUnknown: boolean): string[] {
    if (!order) return reason === "invalid_request" ? [] : [`what is no order got ${reason}`];
    if (isUnknown) this.#unknown.push(order);
    else this.#refused += 1;
    return isUnknown || endingsOf(order).refusals.includes(reason) ? [] : [`an order got ${reason}`];
  }

  /** A fill is of the order that it answers: it says nothing of that itself. */
  #fill(order: AskedOrder | undefined, fill: Fields, replayed: boolean): string[] {
    if (!order) return ["what is no order traded"];
    const { name, type, quantity } = order;
    const price = Number(fill["price_cents"]) / 100;
    const at = new Date(Number(fill["at"])).toISOString();
    const receipt = { name, type, quantity, transaction_number: fill["number"], price, at };
    return this.#receipt(order, receipt, replayed);
  }

  #receipt(order: AskedOrder, receipt: Fields, replayed: boolean): string[] {
    const number = Number(receipt["transaction_number"]);
    const price_cents = Math.round(Number(receipt["price"]) * 100);
    const heard = { order, price_cents, atMs: Date.parse(String(receipt["at"])) };
    const isSame = (["name", "type", "quantity"] as const).every((field) => receipt[field] === order[field]);
    if (!isSame) return [`a receipt is of another order: ${JSON.stringify(receipt)}`];
    if (!endingsOf(order).mayTrade) return [`an order traded that could not: ${JSON.stringify(order)}`];
    if (this.#heard.has(number)) return replayed ? [] : [`the number ${number} was given twice`];
    this.#heard.set(number, heard);
    return [];
  }

  /** What the books hold that nobody asked for, and what they lack that was acknowledged. */
  faultsAgainst(books: Books): string[] {
    const faults = faultsIn(books);
    const unknown = [...this.#unknown];
    for (const row of books.trades) {
      const heard = this.#heard.get(row.number);
      const isMeant = (order: AskedOrder): boolean => isOf(row, order);
      if (heard) {
        if (!isMeant(heard.order) || row.price_cents !== heard.price_cents || row.at !== heard.atMs)
          faults.push(`trade ${row.number} is not as it was acknowledged`);
        continue;
      }
      const index = unknown.findIndex(isMeant);
      if (index < 0) faults.push(`trade ${row.number} was ordered by no message: ${JSON.stringify(row)}`);
      else unknown.splice(index, 1);
    }
    const last = books.ledger.length;
    for (const number of this.#heard.keys())
      if (number > last) faults.push(`trade ${number} was acknowledged, and is not in the ledger`);
    if (books.refusals.length > this.#refused + this.#unknown.length)
      faults.push(`${books.refusals.length} refused orders, and only ${this.#refused} heard of it`);
    return faults;
  }
}

const nothingTold = ["overloaded", "storage_full", "unavailable", "outcome_unknown"];

function isOf(row: TradeRow, { client, key, name, type, quantity }: AskedOrder): boolean {
  // The frontend makes UUIDs; the keys of these messages are none.
  const isKeyed =
    key === undefined ? /\0[\da-f-]{36}$/.test(row.order_id) : row.order_id === `${client}\0${key}`;
  return (
    isKeyed && row.client === client && row.name === name && row.type === type && row.quantity === quantity
  );
}

/** What an answer says that was not predicted. */
export function predictionFaults(
  { reasons, mayPass }: Prediction,
  answer: Answer,
  isHead: boolean,
): string[] {
  const { status } = answer;
  const expected = [...(mayPass ? ["a success"] : []), ...reasons].join(" or ");
  if (status === 200) return mayPass ? [] : [`it passed; expected: ${expected}`];
  const reason = reasonOf(answer);
  const told = isHead
    ? reasons.some((one) => statusOfReason[one] === status)
    : reasons.includes(reason ?? "");
  return told ? [] : [`${status} ${reason ?? answer.body.slice(0, 200)}; expected: ${expected}`];
}

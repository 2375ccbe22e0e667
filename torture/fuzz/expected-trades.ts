import { faultsIn, type Books, type TradeRow } from "../../testing/auditor.ts";
import type { Answer } from "./connection.ts";
import { statusOfInternalReason, statusOfReason } from "./contract.ts";
import { reasonOf } from "./check-answer.ts";
import type { Prediction } from "./oracle.ts";
import { possibleOutcomes, type SentOrder } from "./orders-in.ts";

/** A trade as an answer showed it. */
interface AcknowledgedTrade {
  order: SentOrder;
  price_cents: number;
  atMs: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** What the orders that were sent and the answers to them say about the books. */
export class TradeExpectations {
  /** Trades by number. */
  readonly #acknowledged = new Map<number, AcknowledgedTrade>();
  /** Orders that were sent, and whose outcome no answer showed. */
  readonly #withoutOutcome: SentOrder[] = [];
  #refused = 0;

  get trades(): number {
    return this.#acknowledged.size;
  }

  /** These orders got no answer, or none with their outcome. */
  unanswered(items: Prediction["items"]): void {
    for (const order of items) if (order) this.#withoutOutcome.push(order);
  }

  /** Takes an answer, and returns the violations in it. */
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
    take: (order: SentOrder | undefined, entry: Fields) => string[],
  ): string[] {
    if (!Array.isArray(entries) || entries.length !== items.length)
      return [`${items.length} orders got ${Array.isArray(entries) ? entries.length : "no"} answers`];
    return items.flatMap((order, index) => take(order, entries[index] as Fields));
  }

  #entry(order: SentOrder | undefined, entry: Fields): string[] {
    const replayed = entry["replayed"] === true;
    if ("data" in entry)
      return order
        ? this.#receipt(order, entry["data"] as Fields, replayed)
        : ["an item that is no order traded"];
    const { code, reason } = entry["error"] as { code: number; reason: string };
    return this.#refusal(order, reason, code >= 500);
  }

  #outcome(order: SentOrder | undefined, outcome: Fields): string[] {
    // A copy within one call joins the first one, and gets the same answer.
    if (outcome["kind"] === "traded") return this.#fill(order, outcome["fill"] as Fields, true);
    return this.#refusal(
      order,
      String(outcome["reason"]),
      withoutOutcomeReasons.includes(String(outcome["reason"])),
    );
  }

  #decision(order: SentOrder | undefined, decision: Fields, at: unknown): string[] {
    if (decision["kind"] === "compact") return this.#fill(order, { ...decision, at }, false);
    // It traded before: another answer showed the row with this number.
    return decision["kind"] === "traded" ? [] : this.#outcome(order, decision);
  }

  #refusal(order: SentOrder | undefined, reason: string, hasNoOutcome: boolean): string[] {
    if (!order) return reason === "invalid_request" ? [] : [`an item that is no order got ${reason}`];
    if (hasNoOutcome) this.#withoutOutcome.push(order);
    else this.#refused += 1;
    return hasNoOutcome || possibleOutcomes(order).refusals.includes(reason)
      ? []
      : [`an order got ${reason}`];
  }

  /** A fill does not repeat its order. */
  #fill(order: SentOrder | undefined, fill: Fields, replayed: boolean): string[] {
    if (!order) return ["an item that is no order traded"];
    const { name, type, quantity } = order;
    const price = Number(fill["price_cents"]) / 100;
    const at = new Date(Number(fill["at"])).toISOString();
    const receipt = { name, type, quantity, transaction_number: fill["number"], price, at };
    return this.#receipt(order, receipt, replayed);
  }

  #receipt(order: SentOrder, receipt: Fields, replayed: boolean): string[] {
    const number = Number(receipt["transaction_number"]);
    const price_cents = Math.round(Number(receipt["price"]) * 100);
    const acknowledged = { order, price_cents, atMs: Date.parse(String(receipt["at"])) };
    const isSame = (["name", "type", "quantity"] as const).every((field) => receipt[field] === order[field]);
    if (!isSame) return [`a receipt is of another order: ${JSON.stringify(receipt)}`];
    if (!possibleOutcomes(order).mayTrade)
      return [`an order traded that could not: ${JSON.stringify(order)}`];
    if (this.#acknowledged.has(number)) return replayed ? [] : [`the number ${number} was given twice`];
    this.#acknowledged.set(number, acknowledged);
    return [];
  }

  /** Trades that no order explains, and acknowledged trades that are missing or different. */
  violationsIn(books: Books): string[] {
    const violations = faultsIn(books);
    const unknown = [...this.#withoutOutcome];
    for (const row of books.trades) {
      const acknowledged = this.#acknowledged.get(row.number);
      const matches = (order: SentOrder): boolean => isOf(row, order);
      if (acknowledged) {
        if (
          !matches(acknowledged.order) ||
          row.price_cents !== acknowledged.price_cents ||
          row.at !== acknowledged.atMs
        )
          violations.push(`trade ${row.number} is not as it was acknowledged`);
        continue;
      }
      const index = unknown.findIndex(matches);
      if (index < 0) violations.push(`trade ${row.number} was ordered by no message: ${JSON.stringify(row)}`);
      else unknown.splice(index, 1);
    }
    const last = books.ledger.length;
    for (const number of this.#acknowledged.keys())
      if (number > last) violations.push(`trade ${number} was acknowledged, and is not in the ledger`);
    if (books.refusals.length > this.#refused + this.#withoutOutcome.length)
      violations.push(
        `${books.refusals.length} refused orders, and only ${this.#refused} answers that say so`,
      );
    return violations;
  }
}

const withoutOutcomeReasons = ["overloaded", "storage_full", "unavailable", "outcome_unknown"];

function isOf(row: TradeRow, { client, key, name, type, quantity }: SentOrder): boolean {
  // Keys made by the frontend are UUIDs; no key in a fuzzed message is one.
  const isKeyed =
    key === undefined ? /\0[\da-f-]{36}$/.test(row.order_id) : row.order_id === `${client}\0${key}`;
  return (
    isKeyed && row.client === client && row.name === name && row.type === type && row.quantity === quantity
  );
}

/** The answer, if it was not predicted. */
export function predictionViolations(
  { reasons, mayPass }: Prediction,
  answer: Answer,
  isHead: boolean,
): string[] {
  const { status } = answer;
  const expected = [...(mayPass ? ["a success"] : []), ...reasons].join(" or ");
  if (status === 200) return mayPass ? [] : [`it passed; expected: ${expected}`];
  const reason = reasonOf(answer);
  const told = isHead
    ? reasons.some((one) => (statusOfReason[one] ?? statusOfInternalReason[one]) === status)
    : reasons.includes(reason ?? "");
  return told ? [] : [`${status} ${reason ?? answer.body.slice(0, 200)}; expected: ${expected}`];
}

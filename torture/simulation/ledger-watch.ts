import { Database } from "bun:sqlite";
import { join } from "node:path";

interface Fill {
  number: number;
  price_cents: number;
  stock_version: number;
  at: number;
}

interface Outcomes {
  outcomes?: { kind: string; fill?: Fill }[];
}

/** Reads the ledger of a running order service through a connection of its own. */
export class LedgerWatch {
  readonly #database: Database;
  readonly #fillAt;

  constructor(folder: string) {
    this.#database = new Database(join(folder, "order.db"), { readonly: true });
    this.#fillAt = this.#database.prepare<Fill, [number]>(
      "SELECT number, price_cents, stock_version, at FROM ledger WHERE number = ?",
    );
  }

  /** Trades in an answer of the order service that its ledger does not have at that moment, a sentence each. */
  missingTrades(answer: string): string[] {
    const { outcomes = [] } = JSON.parse(answer) as Outcomes;
    return outcomes
      .flatMap(({ fill }) => fill ?? [])
      .filter((fill) => !Bun.deepEquals(this.#fillAt.get(fill.number), fill))
      .map(({ number }) => `trade ${number} was answered before it was in the ledger`);
  }

  close(): void {
    this.#database.close(true);
  }
}

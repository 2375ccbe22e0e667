import { Database } from "bun:sqlite";
import { join } from "node:path";

interface Outcomes {
  outcomes?: { kind: string; trade?: { number: number; chain: string } }[];
}

/** Looks into an order service's ledger while it runs, on a connection of its own. */
export class LedgerWatch {
  readonly #database: Database;
  readonly #chainAt;

  constructor(folder: string) {
    this.#database = new Database(join(folder, "order.db"), { readonly: true });
    this.#chainAt = this.#database.prepare<{ chain: string }, [number]>(
      "SELECT lower(hex(chain)) AS chain FROM ledger WHERE number = ?",
    );
  }

  /** What an answer of the order service tells of that its ledger does not hold. */
  missingOf(answer: string): string[] {
    const { outcomes = [] } = JSON.parse(answer) as Outcomes;
    return outcomes
      .flatMap(({ trade }) => trade ?? [])
      .filter(({ number, chain }) => this.#chainAt.get(number)?.chain !== chain)
      .map(({ number }) => `trade ${number} was answered before it was in the ledger`);
  }

  close(): void {
    this.#database.close(true);
  }
}

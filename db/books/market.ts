import type { Market } from "../../services/contract/market.ts";
import type { Statement } from "../sqlite/driver.ts";
import type { Prepares } from "./prepares.ts";

/** Reads which market a catalog holds. */
export class MarketReader {
  readonly #market: Statement<Market>;

  constructor(db: Prepares) {
    this.#market = db.prepare("SELECT market_id, incarnation, epoch FROM meta");
  }

  /** Undefined before the market is opened. */
  market(): Market | undefined {
    return this.#market.get() ?? undefined;
  }
}

/** Opens a catalog's market and counts its epochs and incarnations. */
export class MarketWriter extends MarketReader {
  readonly #open: Statement<never>;
  readonly #setEpoch: Statement<never>;
  readonly #setIncarnation: Statement<never>;

  constructor(db: Prepares) {
    super(db);
    this.#open = db.prepare("INSERT INTO meta (id, market_id, incarnation, epoch) VALUES (1, ?, 1, 0)");
    this.#setEpoch = db.prepare("UPDATE meta SET epoch = ?");
    this.#setIncarnation = db.prepare("UPDATE meta SET incarnation = ?");
  }

  /** A new market, of incarnation 1 and epoch 0. Throws a StoreFailure (`constraint`) when there is one already. */
  open(marketId: string): void {
    this.#open.run(marketId);
  }

  setEpoch(epoch: number): void {
    this.#setEpoch.run(epoch);
  }

  setIncarnation(incarnation: number): void {
    this.#setIncarnation.run(incarnation);
  }
}

import type { FollowedMarket } from "../../services/contract/ledger.ts";
import type { Statement } from "../sqlite/driver.ts";
import type { Prepares } from "./prepares.ts";

/** Reads which market a ledger follows, and at which incarnation. Of a catalog it reads the market that this holds. */
export class FollowedMarketReader {
  readonly #market: Statement<FollowedMarket>;

  constructor(db: Prepares) {
    this.#market = db.prepare("SELECT market_id, incarnation FROM meta");
  }

  /** Undefined for a new ledger. */
  market(): FollowedMarket | undefined {
    return this.#market.get() ?? undefined;
  }
}

/** Sets which market a ledger follows. */
export class FollowedMarketWriter extends FollowedMarketReader {
  readonly #follow: Statement<never>;

  constructor(db: Prepares) {
    super(db);
    this.#follow = db.prepare(
      "INSERT INTO meta (id, market_id, incarnation) VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET incarnation = excluded.incarnation WHERE market_id = excluded.market_id",
    );
  }

  /** Throws when the ledger belongs to another market: that never changes. */
  follow({ market_id, incarnation }: FollowedMarket): void {
    if (this.#follow.run(market_id, incarnation).changes === 1) return;
    throw new Error("this ledger follows another market");
  }
}

import type { CatalogReads, CatalogWrites } from "../../services/contract/catalog.ts";
import type { Ledger } from "../../services/contract/ledger.ts";

/** A stock of the market that a case opens: `priceCents` in cents, `quantity` in shares. */
export interface OpenedStock {
  name: string;
  priceCents: number;
  quantity: number;
}

/** What a case can do to the engine below a store, apart from calling it. */
export interface EngineUnderTest {
  /** Closes everything and opens it again, as another process would find it. Absent: nothing outlives a close. */
  reopen?(): Promise<void>;
  /** While its disk is full, the engine has no room for anything new. Absent: the engine cannot provoke it. */
  setDiskFull?(isFull: boolean): void;
  /** Closes everything and removes what was stored. */
  dispose(): Promise<void>;
}

export interface CatalogUnderTest extends EngineUnderTest {
  /** The same objects after `reopen`, or new ones: a case reads these fields at every call. */
  readonly reads: CatalogReads;
  readonly writes: CatalogWrites;
}

export interface LedgerUnderTest extends EngineUnderTest {
  readonly ledger: Ledger;
}

/** An engine whose stores have to pass the contract suite. */
export interface StoreEngine {
  readonly name: string;
  /** A new market of this id, at incarnation 1 and epoch 0, opened with these stocks at the time 1,000. */
  openCatalog(marketId: string, opening: readonly OpenedStock[]): Promise<CatalogUnderTest>;
  /** A new ledger, which follows no market. */
  openLedger(): Promise<LedgerUnderTest>;
}

/** One case of the contract suite, for any test runner. */
export interface StoreCase {
  name: string;
  run(engine: StoreEngine): Promise<void>;
}

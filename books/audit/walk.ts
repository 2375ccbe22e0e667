import { changeChain, type Change } from "../../services/contract/change.ts";
import { genesisOf, tradeChain, type Trade } from "../../services/contract/trade.ts";
import type { Books } from "./books.ts";
import { counted, type CheckName, type Findings } from "./checks.ts";
import { LedgerCheck } from "./ledger.ts";
import { ChainedLog } from "./logs.ts";
import { LogCursor, type DutyCycle } from "./paging.ts";
import { Replay } from "./replay.ts";
import type { AuditSource } from "./source.ts";

/** Counts trades. */
export type OnProgress = (progress: { done: number; total: number }) => void;

/** One walk along the trade log, with the change log and the ledger beside it. */
export class Walk {
  readonly #findings: Findings;
  readonly #books: Books;
  readonly #mayLag: boolean;
  readonly #trades: LogCursor<Trade>;
  readonly #changes: LogCursor<Change>;
  readonly #tradeLog: ChainedLog<Trade>;
  readonly #changeLog: ChainedLog<Change>;
  readonly #ledger: LedgerCheck;
  readonly #replay: Replay;
  readonly #onProgress: OnProgress | undefined;

  constructor(
    source: AuditSource,
    findings: Findings,
    books: Books,
    pacer: DutyCycle,
    onProgress: OnProgress | undefined,
  ) {
    const { heads, names, stocks, ledgerHead } = books;
    const genesis = genesisOf(heads.market.market_id);
    const paced =
      <Row>(read: (after: number, limit: number) => Promise<Row[]>) =>
      async (after: number, limit: number): Promise<Row[]> => {
        await pacer.rest();
        return read(after, limit);
      };
    const tradesAndOverlaps = async (after: number, limit: number): Promise<Trade[]> => {
      this.#progress(after);
      for (const number of await source.overlaps(after, limit))
        findings.fail("outcomes", `trade ${number}: its order is among the refusals too`);
      return source.trades(after, limit);
    };
    const ledger = new LogCursor(
      paced((after, limit) => source.ledger(after, limit)),
      ledgerHead,
    );
    this.#findings = findings;
    this.#books = books;
    this.#mayLag = source.ledgerMayLag;
    this.#onProgress = onProgress;
    this.#trades = new LogCursor(paced(tradesAndOverlaps), heads.trades.number);
    this.#changes = new LogCursor(
      paced((after, limit) => source.changes(after, limit)),
      heads.changes.number,
    );
    this.#tradeLog = new ChainedLog<Trade>(genesis, tradeChain);
    this.#changeLog = new ChainedLog<Change>(genesis, changeChain);
    this.#ledger = new LedgerCheck(findings, ledger, ledgerHead);
    this.#replay = new Replay(findings, names, stocks);
  }

  /** Fills the findings; returns how much each check looked at. */
  async toTheEnd(): Promise<Partial<Record<CheckName, string>>> {
    const { before, heads } = this.#books;
    let isSettled = false;
    for (let trade = await this.#trades.take(); trade; trade = await this.#trades.take()) {
      if (!isSettled && trade.number > before.trades.number) {
        await this.#settle();
        isSettled = true;
      }
      await this.#apply(trade);
    }
    if (!isSettled) await this.#settle();
    await this.#applyChangesUpTo(heads.changes.number);
    this.#replay.expectAllReached();
    const ledger = await this.#ledger.finish(heads.trades.number, this.#mayLag);
    this.#progress(heads.trades.number);

    const trades = counted(this.#tradeLog.rows, "trade");
    const stocks = counted(this.#replay.stocks, "stock");
    return {
      numbers: `${trades} and ${counted(this.#ledger.rows, "ledger row")}, each from 1 without a gap`,
      conservation: `${stocks}: opening + changes + sells − buys = quantity`,
      versions: `${stocks}, ${counted(this.#replay.versions, "version")}`,
      replay: `${trades}, ${counted(this.#changeLog.rows, "change")}`,
      ledger,
      outcomes: `${trades}, none of an order that was refused`,
      trade_chain: counted(this.#tradeLog.rows, "link"),
      change_chain: counted(this.#changeLog.rows, "link"),
    };
  }

  async #apply(trade: Trade): Promise<void> {
    // What was traded before a change has smaller numbers than the trade that comes after it, so the change is due.
    while (this.#replay.needsChange(trade)) {
      const change = await this.#changes.peek();
      if (!change || !this.#replay.isDue(change)) break;
      await this.#changes.take();
      this.#applyChange(change);
    }
    this.#replay.applyTrade(trade);
    const { gap, broken } = this.#tradeLog.follow(trade);
    if (gap) this.#findings.fail("numbers", `trade ${gap}`);
    if (broken) this.#findings.fail("trade_chain", `trade ${broken}`);
    await this.#ledger.compare(trade);
  }

  #applyChange(change: Change): void {
    this.#replay.applyChange(change);
    const { gap, broken } = this.#changeLog.follow(change);
    if (gap ?? broken) this.#findings.fail("change_chain", `change ${gap ?? broken}`);
  }

  async #applyChangesUpTo(number: number): Promise<void> {
    for (let next = await this.#changes.peek(); next && next.number <= number;) {
      this.#applyChange(next);
      await this.#changes.take();
      next = await this.#changes.peek();
    }
  }

  async #settle(): Promise<void> {
    await this.#applyChangesUpTo(this.#books.before.changes.number);
    this.#replay.expectNoneBehind();
  }

  #progress(done: number): void {
    this.#onProgress?.({ done, total: this.#books.heads.trades.number });
  }
}

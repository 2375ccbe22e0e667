import { changeChain, type Change } from "../../services/contract/change.ts";
import { genesisOf, tradeChain, type Trade } from "../../services/contract/trade.ts";
import type { AuditStart } from "./audit-start.ts";
import { counted, type CheckCounts, type Findings } from "./checks.ts";
import { LedgerCheck } from "./ledger.ts";
import { ChainedLog } from "./logs.ts";
import { LogCursor, pageRows, type DutyCycle } from "./paging.ts";
import { Replay } from "./replay.ts";
import type { AuditSource } from "./source.ts";

/** `done` and `total` are numbers of trades. */
export type OnProgress = (progress: { done: number; total: number }) => void;

/** Reads the trade log once, from the first row to the last, with the change log and the ledger beside it. */
export class Walk {
  readonly #source: AuditSource;
  readonly #findings: Findings;
  readonly #start: AuditStart;
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
    start: AuditStart,
    dutyCycle: DutyCycle,
    onProgress: OnProgress | undefined,
  ) {
    const { heads, names, stocks, ledgerHead } = start;
    const genesis = genesisOf(heads.market.market_id);
    this.#source = source;
    this.#findings = findings;
    this.#start = start;
    this.#onProgress = onProgress;
    this.#trades = new LogCursor(source.trades.bind(source), dutyCycle, heads.trades.number);
    this.#changes = new LogCursor(source.changes.bind(source), dutyCycle, heads.changes.number);
    const ledger = new LogCursor(source.ledger.bind(source), dutyCycle, ledgerHead);
    this.#tradeLog = new ChainedLog<Trade>(genesis, tradeChain);
    this.#changeLog = new ChainedLog<Change>(genesis, changeChain);
    this.#ledger = new LedgerCheck(findings, ledger, ledgerHead);
    this.#replay = new Replay(findings, names, stocks);
  }

  /** Adds what is wrong to the findings; returns how much each check covered. */
  async run(): Promise<CheckCounts> {
    const { headsBefore, heads } = this.#start;
    let areStocksChecked = false;
    let previous = 0;
    for (let trade = await this.#trades.take(); trade; trade = await this.#trades.take()) {
      if (this.#tradeLog.rows % pageRows === 0) await this.#beginPage(previous);
      if (!areStocksChecked && trade.number > headsBefore.trades.number) {
        await this.#checkStocks();
        areStocksChecked = true;
      }
      await this.#apply(trade);
      previous = trade.number;
    }
    if (!areStocksChecked) await this.#checkStocks();
    await this.#applyChangesUpTo(heads.changes.number);
    this.#replay.expectAllReached();
    const ledger = await this.#ledger.finish(heads.trades.number, this.#source.ledgerMayLag);
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

  /** Called before the first trade of each page, which is after number `after`. */
  async #beginPage(after: number): Promise<void> {
    this.#progress(after);
    for (const number of await this.#source.overlaps(after, pageRows))
      this.#findings.fail("outcomes", `trade ${number}: its order is among the refusals too`);
  }

  async #apply(trade: Trade): Promise<void> {
    // A stock's rows are ordered by its versions, over both logs. Trades before the missing change have smaller numbers
    // and are applied, so the change is due.
    while (this.#replay.needsChange(trade)) {
      const change = await this.#changes.peek();
      if (!change || !this.#replay.isDue(change)) break;
      await this.#changes.take();
      this.#applyChange(change);
    }
    this.#replay.applyTrade(trade);
    const { gap, broken } = this.#tradeLog.check(trade);
    if (gap) this.#findings.fail("numbers", `trade ${gap}`);
    if (broken) this.#findings.fail("trade_chain", `trade ${broken}`);
    await this.#ledger.compare(trade);
  }

  #applyChange(change: Change): void {
    this.#replay.applyChange(change);
    const { gap, broken } = this.#changeLog.check(change);
    if (gap ?? broken) this.#findings.fail("change_chain", `change ${gap ?? broken}`);
  }

  async #applyChangesUpTo(number: number): Promise<void> {
    for (let next = await this.#changes.peek(); next && next.number <= number;) {
      this.#applyChange(next);
      await this.#changes.take();
      next = await this.#changes.peek();
    }
  }

  /** Called once all rows are applied that were in the logs before the stocks were read. */
  async #checkStocks(): Promise<void> {
    await this.#applyChangesUpTo(this.#start.headsBefore.changes.number);
    this.#replay.expectNoneBehind();
  }

  #progress(done: number): void {
    this.#onProgress?.({ done, total: this.#start.heads.trades.number });
  }
}

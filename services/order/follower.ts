import type { Reply } from "../contract/reply.ts";
import { StoreFailure } from "../../db/store-failure.ts";
import type { BatchReply } from "../contract/batch-reply.ts";
import type { CatalogHeads } from "../contract/heads.ts";
import type { Market } from "../contract/market.ts";
import type { Order, OrderOutcome } from "../contract/order.ts";
import type { StockState } from "../contract/stock.ts";
import type { LogHead, Trade } from "../contract/trade.ts";
import type { Delivery } from "../runtime/flow/batcher.ts";
import type { Log } from "../runtime/process/log.ts";
import { SerialQueue } from "../runtime/flow/serial-queue.ts";
import type {} from "../runtime/http/peer.ts";
import { whyNotLeading } from "./lead.ts";
import type { CatalogPeer } from "./peers.ts";
import { continuation, headAfter, numberOf, outcomeOf, rowsOf } from "./rules.ts";
import type { LedgerStore } from "./store.ts";

/** An order's outcome and, when it traded just now, the state of its stock after the batch. */
export interface Answered {
  outcome: OrderOutcome;
  stock: StockState | undefined;
}

export interface FollowerDeps {
  ledger: LedgerStore;
  catalog: CatalogPeer;
  log: Log;
  /** The ledger has grown to this number. */
  onAppended(number: number): void;
  /** A newer order service has taken over: this process must end. */
  onFenced(): void;
}

/** A batch that was decided after a log that went as far as `from`. */
interface Asked {
  orders: readonly Order[];
  reply: BatchReply;
  market: Market;
  from: LogHead;
}

const retryDelayMs = 200;
const keepUpMs = 1_000;

/**
 * Keeps the ledger an exact follower of the catalog's trade log: takes the lead, catches up, has batches decided
 * and appends what they wrote before anyone is answered.
 */
export class Follower {
  readonly #deps: FollowerDeps;
  #market: Market | undefined;
  /** The log may hold rows that the ledger does not: nothing new is decided before they are pulled. */
  #isBehind = true;
  /** How far the log goes by the catalog's word, while the ledger is about to get the rows up to there. */
  #ahead: LogHead | undefined;
  #blocked: string | undefined;
  #stopped = false;
  #leading: Promise<void> = Promise.resolve();
  /** One batch at the catalog at a time. */
  readonly #asking = new SerialQueue();
  /** One writer of the ledger at a time. It never waits for `#asking`. */
  readonly #writing = new SerialQueue();
  #isKeepingUp = false;
  #keepingUp: ReturnType<typeof setInterval> | undefined;

  constructor(deps: FollowerDeps) {
    this.#deps = deps;
  }

  /** What keeps orders from going through, or undefined. */
  get missing(): string | undefined {
    if (this.#blocked) return this.#blocked;
    if (!this.#market) return "the order service waits for the catalog";
    return this.#isBehind ? "the ledger is catching up" : undefined;
  }

  /** The ledger held the whole log at least once since this start, so that a row it lacks does not exist. */
  get isComplete(): boolean {
    return this.#market !== undefined && !this.#isBehind;
  }

  /**
   * Whether no trade has this number, by the catalog's own word: a service that stood still while another took its place
   * does not know yet what it lacks.
   */
  async hasNoTrade(number: number): Promise<boolean> {
    if (!this.isComplete) return false;
    const heads = await this.#deps.catalog.heads();
    return heads.ok && heads.data.trades.number < number;
  }

  start(): void {
    this.#leading = this.#lead();
    this.#keepingUp ??= setInterval(() => void this.#tick(), keepUpMs);
  }

  /** Resolves when it does nothing with the ledger any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#keepingUp);
    await Promise.all([this.#leading, this.#asking.idle()]);
    await this.#writing.idle();
  }

  async #tick(): Promise<void> {
    if (this.#isKeepingUp) return;
    this.#isKeepingUp = true;
    await this.#writing.run(() => this.#keepUp());
    this.#isKeepingUp = false;
  }

  // A copy of a batch that was given up as lost may be decided long after, when no other batch comes to show it.
  async #keepUp(): Promise<void> {
    const market = this.#market;
    if (!market || this.#stopped) return;
    const heads = await this.#deps.catalog.heads();
    if (!heads.ok) return;
    const isReplaced = await this.#isReplaced(market, heads.data);
    // The batch that was asked for meanwhile may have been told the same: the lead is being taken already.
    if (this.#market !== market) return;
    if (isReplaced) this.#leadAgain("it was restored, is another, or is older than the ledger");
    else if (heads.data.market.epoch > market.epoch) this.#deps.onFenced();
    else await this.#catchUp();
  }

  // A catalog that was replaced while no order came would go unnoticed, and this service would call itself ready.
  async #isReplaced(known: Market, { market, trades }: CatalogHeads): Promise<boolean> {
    const { number } = await this.#deps.ledger.head();
    if (market.market_id !== known.market_id || market.incarnation !== known.incarnation) return true;
    return market.epoch < known.epoch || trades.number < number;
  }

  // Takes a new epoch and pulls the log to its head; goes on trying until the catalog grants it.
  async #lead(): Promise<void> {
    const { ledger, log } = this.#deps;
    let said: string | undefined;
    while (!this.#stopped) {
      const reply = await this.#acquireEpoch();
      if (reply.ok && (await this.#writing.run(() => this.#follow(reply.data)))) {
        log.info({ epoch: reply.data.epoch, head: (await ledger.head()).number }, "leading");
        return;
      }
      const why = whyNotLeading(reply);
      if (!reply.ok && reply.arrived === "yes") this.#blocked = why;
      if (said !== why) log.warn(why);
      said = why;
      await Bun.sleep(retryDelayMs);
    }
  }

  async #acquireEpoch(): Promise<Reply<Market>> {
    const { ledger, catalog } = this.#deps;
    const heads = await catalog.heads();
    if (!heads.ok) return heads;
    const known = await ledger.market();
    return catalog.acquireEpoch({
      market_id: known?.market_id ?? null,
      epoch: heads.data.market.epoch,
      ledger: await ledger.head(),
    });
  }

  /**
   * Has a batch decided and appended. No answer means: offer the same orders again. `onDecided` is called in between;
   * the catalog decides the next batch, if that says that one is on its way, while this one is appended.
   */
  async deliver(
    orders: Order[],
    signal: AbortSignal,
    onDecided: () => boolean = () => false,
  ): Promise<Delivery<Answered>> {
    const asked = await this.#asking.run(() => this.#ask(orders, signal));
    if (!("reply" in asked)) return asked;
    // What is on its way leaves at the end of this turn: appending takes longer than that.
    if (onDecided()) await new Promise((resolve) => setImmediate(resolve));
    return this.#writing.run(() => this.#absorb(asked));
  }

  async #ask(orders: readonly Order[], signal: AbortSignal): Promise<Asked | { arrived: "maybe" | "no" }> {
    const { ledger, catalog } = this.#deps;
    const market = this.#market;
    if (!market || (this.#isBehind && !(await this.#writing.run(() => this.#catchUp()))))
      return { arrived: "no" };

    const from = this.#ahead ?? (await ledger.head());
    if (this.#market !== market) return { arrived: "no" };
    const reply = await catalog.decide({ ...market, ledger: from, orders: [...orders] }, signal);
    if (reply.ok) {
      const ahead = headAfter(from, reply.data);
      if (ahead === "gap") this.#fallBehind();
      else if (this.#market === market && !this.#isBehind) this.#ahead = ahead;
      return { orders, reply: reply.data, market, from };
    }
    if (reply.arrived !== "yes") {
      if (reply.arrived === "maybe") this.#fallBehind();
      return { arrived: reply.arrived };
    }
    // A late word of a market that was left is no reason to leave the one that is followed now.
    if (this.#market !== market) return { arrived: "no" };
    if (reply.reason === "stale_epoch") this.#deps.onFenced();
    else this.#leadAgain(reply.reason);
    return { arrived: "no" };
  }

  async #absorb({ orders, reply, market, from }: Asked): Promise<Delivery<Answered>> {
    const { ledger } = this.#deps;
    // Another catalog has taken the place of the one that was asked: what is true now is for that one to say.
    if (this.#market !== market) return { arrived: "maybe" };
    const head = await ledger.head();
    const isNext = head.number === from.number && head.chain === from.chain;
    const rows = isNext ? rowsOf(from, orders, reply) : "gap";
    const written = typeof rows !== "string" && (await this.#append(rows)) ? rows : undefined;
    const { number: reached } = await ledger.head();
    if (this.#ahead && this.#ahead.number <= reached) this.#ahead = undefined;
    // The rows may be there although they were not written here: who keeps up pulls what was decided meanwhile.
    const highest = reply.decisions.reduce((most, one) => Math.max(most, numberOf(one) ?? 0), 0);
    const isLacking = highest > reached;
    if (isLacking) this.#fallBehind();
    if (isLacking && !(await this.#catchUp())) return { arrived: "maybe" };

    const inHand = new Map(written?.map((row) => [row.number, row]));
    const stocks = new Map(reply.stocks.map((stock) => [stock.name, stock]));
    const answers: Answered[] = [];
    for (const [index, decision] of reply.decisions.entries()) {
      const number = numberOf(decision);
      const trade = number && (inHand.get(number) ?? (await ledger.trade(number)));
      const outcome = outcomeOf(decision, orders[index], trade || undefined);
      if (!outcome) return { arrived: "maybe" };
      answers.push({ outcome, stock: trade ? stocks.get(trade.name) : undefined });
    }
    return { answers };
  }

  // What the ledger lacks is pulled before anything new is decided.
  #fallBehind(): void {
    this.#isBehind = true;
    this.#ahead = undefined;
  }

  /** Pulls the log to its head. False when the catalog did not answer or the disk has no room. */
  async #catchUp(): Promise<boolean> {
    const { ledger, catalog } = this.#deps;
    while (!this.#stopped) {
      const head = await ledger.head();
      const page = await catalog.trades(head.number);
      if (!page.ok) return false;
      const fresh = continuation(head, page.data.trades);
      if (typeof fresh === "string") {
        this.#fallBehind();
        if (this.#market) this.#leadAgain("its trade log does not go on from this ledger");
        return false;
      }
      if (fresh.length === 0) {
        this.#isBehind = false;
        return true;
      }
      if (!(await this.#append(fresh))) return false;
    }
    return false;
  }

  async #append(trades: readonly Trade[]): Promise<boolean> {
    const last = trades.at(-1);
    if (!last) return true;
    if (!(await this.#write(() => this.#deps.ledger.append(trades)))) return false;
    this.#deps.onAppended(last.number);
    return true;
  }

  /** Follows the market that granted the lead, once the ledger has caught up with it. */
  async #follow(market: Market): Promise<boolean> {
    if (!(await this.#write(() => this.#deps.ledger.follow(market)))) return false;
    this.#blocked = undefined;
    if (!(await this.#catchUp())) return false;
    this.#market = market;
    return true;
  }

  // A full disk and a foreign lock are waited out: nothing was written. After any other error the file is in doubt, and
  // the process ends.
  async #write(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      const kind = error instanceof StoreFailure ? error.kind : undefined;
      if (kind !== "full" && kind !== "busy") throw error;
      const why = kind === "full" ? "its disk is full" : "another process locks it";
      this.#deps.log.error(`the ledger cannot be written, ${why}: orders wait`);
      return false;
    }
  }

  #leadAgain(reason: string): void {
    this.#deps.log.warn({ reason }, "the catalog is not the one this ledger followed");
    this.#market = undefined;
    this.#fallBehind();
    this.#leading = this.#lead();
  }
}

import type { OrderBody } from "../testing/http-client.ts";
import { meaningOf, sendOnce, type Placed, type Reply } from "./client.ts";
import type { Random } from "../testing/random.ts";
import { StockReader } from "./stock-reader.ts";
import { openingShares, quietNames } from "./stocks.ts";
import { within } from "./within.ts";

export interface LoadOptions {
  /** The frontends: each request goes to any of them. */
  urls: readonly [string, ...string[]];
  random: Random;
  clients: number;
  /** No answer within this time is a fault. */
  hangMs: number;
  /** No outcome within this time, when nothing is broken any more, is one too. */
  recoverMs: number;
  /** A place in something else that goes on, read when an order begins and when its outcome is heard. */
  mark?: () => number;
}

const retryDelayMs = 10;
/** Clients that only look up, one stock after the other. */
const readers = 3;
/** Clients that trade in stocks which nobody else trades in. */
const strollers = 4;
const lookUpWithinMs = 200;
const names = ["GameStart", "BoarCo", "MenhirCo", "CaesarTech", "NoSuchCo"] as const;
const opening = { GameStart: 15.99, BoarCo: 7.11, MenhirCo: 20, CaesarTech: 1, NoSuchCo: 1 } as const;

/**
 * Clients that trade by key and remember all that they hear: patient ones, ones that hang up and ask again, that send
 * two copies at once, that give up after one try, that reuse a key, that look up and expect to see what they know of.
 */
export class Load {
  readonly placed: Placed[] = [];
  /** What clients heard that nobody must ever hear. */
  readonly faults: string[] = [];
  lookups = 0;
  readonly #options: LoadOptions;
  readonly #stocks: StockReader;
  readonly #trading: Promise<unknown>;
  #waiting: { sinceMs: number; resolve: (tookMs: number) => void }[] = [];
  readonly #heard = new Map<string, number>();
  #isStopping = false;
  #isRestoring = false;
  #forgotAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#stocks = new StockReader(options, this.faults);
    const fork = () => options.random.fork();
    this.#trading = Promise.all([
      ...Array.from({ length: options.clients }, () => this.#trade(fork())),
      ...Array.from({ length: readers }, () => this.#read(fork())),
      ...Array.from({ length: strollers }, (_, index) => this.#stroll(index, fork())),
    ]);
  }

  /** Lets each client finish the order that it is at. Rejects when one of them does not. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await within(this.#trading, this.#options.recoverMs, "every client has its outcome after the last fault");
  }

  /** Milliseconds from now to the next outcome of a copy that was sent from now on. Rejects when it takes too long. */
  nextOutcome(): Promise<number> {
    const outcome = new Promise<number>((resolve) =>
      this.#waiting.push({ sinceMs: performance.now(), resolve }),
    );
    return within(outcome, this.#options.recoverMs, "an order goes through");
  }

  /** The network made another copy of what was asked under this key. */
  copied(key: string): void {
    const placed = this.placed.findLast((one) => one.key === key);
    if (placed) placed.copies += 1;
  }

  /**
   * While `work` restores the market, the books may be older than what was said of them, and lose refusals. Lookups
   * are not held against what is known, and the keys of refused orders are not used for others.
   */
  async duringRestoration(work: () => Promise<void>): Promise<void> {
    this.#isRestoring = true;
    this.#stocks.era += 1;
    await work();
    this.#stocks.era += 1;
    this.#isRestoring = false;
  }

  /** These refusals are no longer in the books: who asks again is answered as if it were for the first time. */
  forgetRefusals(isForgotten: (placed: Placed) => boolean): void {
    this.#forgotAtMs = performance.now();
    for (const placed of this.placed)
      if (placed.answer && placed.answer.status !== 200 && isForgotten(placed)) delete placed.answer;
  }

  /** Answers with this reason so far. */
  heard(reason: string): number {
    return this.#heard.get(reason) ?? 0;
  }

  async #trade(random: Random): Promise<void> {
    const own: Placed[] = [];
    while (!this.#isStopping) {
      const order = randomOrder(random);
      const placed = this.#begin(order, random);
      await this.#place(placed, random);
      own.push(placed);
      if (random.chance(0.2)) await this.#readBack(placed, random);
      if (random.chance(0.5)) await this.#lookUp(order.name, random);
      if (random.chance(0.1)) await this.#repeat(random.pick(own as [Placed]), random);
      if (random.chance(0.05)) await this.#reuseKey(random.pick(own as [Placed]), random);
      await Bun.sleep(random.integer(0, 3));
    }
  }

  async #read(random: Random): Promise<void> {
    while (!this.#isStopping) {
      await this.#lookUp(random.pick(names), random);
      await Bun.sleep(1);
    }
  }

  /**
   * From one quiet stock to the next: each is looked up at the moment when it trades. No later trade puts right what
   * a frontend then gets wrong.
   */
  async #stroll(from: number, random: Random): Promise<void> {
    let tookMs = 0;
    for (let at = from; !this.#isStopping; at += strollers) {
      const name = quietNames[at % quietNames.length] ?? "";
      // Now and then all that a stock opened with: once it works, then there is nothing left.
      const order: OrderBody =
        at % 10 === 0 ? { name, type: "buy", quantity: openingShares } : { name, type: "sell", quantity: 1 };
      const placed = this.#begin(order, random);
      const lookUpSoon = async (): Promise<void> => {
        await Bun.sleep(random.next() * Math.min(tookMs, lookUpWithinMs));
        await this.#lookUp(name, random);
      };
      await Promise.all([this.#place(placed, random), lookUpSoon(), lookUpSoon()]);
      tookMs = performance.now() - placed.begunMs;
    }
  }

  #begin(order: OrderBody, random: Random): Placed {
    const placed: Placed = { key: random.key(), order, begunMs: performance.now(), copies: 0 };
    if (this.#options.mark) placed.begunMark = this.#options.mark();
    this.placed.push(placed);
    return placed;
  }

  async #lookUp(name: string, random: Random): Promise<void> {
    this.lookups += 1;
    await this.#stocks.look(random.pick(this.#options.urls), name, random.chance(0.1));
  }

  async #place(placed: Placed, random: Random): Promise<void> {
    const { urls } = this.#options;
    const manner = random.next();
    if (manner < 0.1) {
      const reply = await this.#send(placed, this.#options.hangMs, random.pick(urls));
      if (reply && !placed.answer && placed.copies === 1) placed.gaveUpWith = reply.text;
      return;
    }
    // Hangs up on the first copy, whatever becomes of it.
    if (manner < 0.2) await this.#send(placed, random.integer(1, 60), random.pick(urls), "hangs up");
    while (!placed.answer) {
      const ways = manner > 0.92 ? [...urls, random.pick(urls)] : [random.pick(urls)];
      const replies = await Promise.all(ways.map((url) => this.#send(placed, this.#options.hangMs, url)));
      if (replies.some((reply) => reply && meaningOf(reply, placed.copies) === "wrong")) return;
      if (!placed.answer) await Bun.sleep(retryDelayMs);
    }
  }

  async #send(
    placed: Placed,
    patienceMs: number,
    url: string,
    manner?: "hangs up",
  ): Promise<Reply | undefined> {
    placed.copies += 1;
    const { copies, key } = placed;
    const signal = AbortSignal.timeout(patienceMs);
    const reply = await sendOnce(url, placed, signal);
    if (!reply) {
      if (signal.aborted && manner !== "hangs up")
        this.faults.push(`${key} got no answer in ${patienceMs} ms`);
      return undefined;
    }
    if (reply.reason) this.#heard.set(reply.reason, this.heard(reply.reason) + 1);
    // Another copy may have been sent since this one was.
    const meaning = meaningOf(reply, Math.max(copies, placed.copies));
    if (meaning === "wrong") this.faults.push(`${key} got ${reply.status} ${reply.text}`);
    if (meaning === "outcome") this.#settle(placed, reply);
    if (reply.status === 200) this.#stocks.acknowledged(url, placed);
    return reply;
  }

  #settle(placed: Placed, { status, text, sentMs }: Reply): void {
    const atMs = performance.now();
    // It may have been forgotten by the time it arrived.
    if (status !== 200 && sentMs < this.#forgotAtMs) return;
    if (placed.answer && placed.answer.text !== text)
      this.faults.push(`${placed.key} got ${placed.answer.text} and then ${text}`);
    const { mark } = this.#options;
    placed.answer ??= { status, text, atMs, ...(mark && { mark: mark() }) };
    for (const { sinceMs, resolve } of this.#waiting.filter((one) => one.sinceMs <= sentMs))
      resolve(atMs - sinceMs);
    this.#waiting = this.#waiting.filter((one) => one.sinceMs > sentMs);
  }

  /** Asks for an old order again; what comes must be what came, if anything did. */
  async #repeat(placed: Placed, random: Random): Promise<void> {
    const { answer, gaveUpWith } = placed;
    if (!answer && gaveUpWith !== undefined) return;
    const reply = await this.#send(placed, this.#options.hangMs, random.pick(this.#options.urls));
    if (answer && placed.answer && reply && meaningOf(reply, placed.copies) === "outcome" && !reply.replayed)
      this.faults.push(`${placed.key} was asked for again, and the answer does not say so`);
  }

  /** What was acknowledged is in the ledger, for whoever looks. */
  async #readBack({ key, answer }: Placed, random: Random): Promise<void> {
    if (answer?.status !== 200) return;
    const { transaction_number: number } = JSON.parse(answer.text).data;
    const url = random.pick(this.#options.urls);
    const signal = AbortSignal.timeout(this.#options.hangMs);
    const reply = await fetch(`${url}/orders/${number}`, { signal }).catch(() => undefined);
    await reply?.text().catch(() => undefined);
    if (reply && reply.status !== 200 && reply.status !== 503)
      this.faults.push(`${key} was acknowledged as ${number}, which is then answered with ${reply.status}`);
  }

  async #reuseKey({ key, order, answer }: Placed, random: Random): Promise<void> {
    if (!answer || (this.#isRestoring && answer.status !== 200)) return;
    const other = { key, order: { ...order, quantity: order.quantity + 1 } };
    const signal = AbortSignal.timeout(this.#options.hangMs);
    const reply = await sendOnce(random.pick(this.#options.urls), other, signal);
    if (!reply || reply.reason === "idempotency_key_reused") return;
    if (meaningOf(reply, 2) !== "again")
      this.faults.push(`${key} was used for another order, which got ${reply.status} ${reply.text}`);
  }
}

/** In balance around the 100 shares that a stock opens with: some buys ask for too many, some for another price. */
function randomOrder(random: Random): OrderBody {
  const name = random.pick(names);
  const order = { name, type: random.pick(["buy", "sell"] as const), quantity: random.integer(1, 60) };
  if (random.chance(0.9)) return order;
  return { ...order, expected_price: random.chance(0.5) ? opening[name] : 3.33 };
}

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
  /** No answer within this time is a violation. */
  hangMs: number;
  /** No outcome within this time after the last fault is one too. */
  recoverMs: number;
  /** A position in a recording, read when an order is sent and when its outcome arrives. */
  mark?: () => number;
}

const retryDelayMs = 10;
/** Clients that only look stocks up. */
const readers = 3;
/** Clients that trade in stocks in which no other client trades. */
const quietTraders = 4;
const lookUpWithinMs = 200;
const names = ["GameStart", "BoarCo", "MenhirCo", "CaesarTech", "NoSuchCo"] as const;
const opening = { GameStart: 15.99, BoarCo: 7.11, MenhirCo: 20, CaesarTech: 1, NoSuchCo: 1 } as const;

/**
 * Clients that trade with keys and keep every answer. Some wait, some abort a request and repeat it, send two copies at
 * once, give up after one try, reuse a key, or look stocks up and compare.
 */
export class Load {
  readonly placed: Placed[] = [];
  /** Answers that no client may ever get. */
  readonly violations: string[] = [];
  lookups = 0;
  readonly #options: LoadOptions;
  readonly #stocks: StockReader;
  readonly #trading: Promise<unknown>;
  #waiting: { sinceMs: number; resolve: (tookMs: number) => void }[] = [];
  readonly #answersByReason = new Map<string, number>();
  #isStopping = false;
  #isRestoring = false;
  #forgotAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#stocks = new StockReader(options, this.violations);
    const fork = () => options.random.fork();
    this.#trading = Promise.all([
      ...Array.from({ length: options.clients }, () => this.#trade(fork())),
      ...Array.from({ length: readers }, () => this.#read(fork())),
      ...Array.from({ length: quietTraders }, (_, index) => this.#tradeQuietly(index, fork())),
    ]);
  }

  /** Lets each client finish its order. Rejects when one of them does not within `recoverMs`. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await within(this.#trading, this.#options.recoverMs, "every client has its outcome after the last fault");
  }

  /** Milliseconds from now to the next outcome of a copy that is sent after now. Rejects after `recoverMs`. */
  nextOutcome(): Promise<number> {
    const outcome = new Promise<number>((resolve) =>
      this.#waiting.push({ sinceMs: performance.now(), resolve }),
    );
    return within(outcome, this.#options.recoverMs, "an order goes through");
  }

  /** The network made another copy of the request with this key. */
  copied(key: string): void {
    const placed = this.placed.findLast((one) => one.key === key);
    if (placed) placed.copies += 1;
  }

  /**
   * While `work` restores the market, the books may be older than earlier answers, and may lack refusals: lookups are
   * not compared with earlier answers, and the keys of refused orders are not reused.
   */
  async duringRestoration(work: () => Promise<void>): Promise<void> {
    this.#isRestoring = true;
    this.#stocks.era += 1;
    await work();
    this.#stocks.era += 1;
    this.#isRestoring = false;
  }

  /** These refusals are no longer in the books: their orders are decided again when they are repeated. */
  forgetRefusals(isForgotten: (placed: Placed) => boolean): void {
    this.#forgotAtMs = performance.now();
    for (const placed of this.placed)
      if (placed.answer && placed.answer.status !== 200 && isForgotten(placed)) delete placed.answer;
  }

  /** Number of answers with this reason so far. */
  answersWith(reason: string): number {
    return this.#answersByReason.get(reason) ?? 0;
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
   * Trades in one quiet stock after the other, and looks each up while its order is in flight: no later trade corrects
   * what a frontend then has wrong in its cache.
   */
  async #tradeQuietly(from: number, random: Random): Promise<void> {
    let tookMs = 0;
    for (let at = from; !this.#isStopping; at += quietTraders) {
      const name = quietNames[at % quietNames.length] ?? "";
      // Sometimes everything that a stock opened with: after that nothing is left.
      const order: OrderBody =
        at % 10 === 0 ? { name, type: "buy", quantity: openingShares } : { name, type: "sell", quantity: 1 };
      const placed = this.#begin(order, random);
      const lookUpSoon = async (): Promise<void> => {
        await Bun.sleep(random.next() * Math.min(tookMs, lookUpWithinMs));
        await this.#lookUp(name, random);
      };
      await Promise.all([this.#place(placed, random), lookUpSoon(), lookUpSoon()]);
      tookMs = performance.now() - placed.startedMs;
    }
  }

  #begin(order: OrderBody, random: Random): Placed {
    const placed: Placed = { key: random.key(), order, startedMs: performance.now(), copies: 0 };
    if (this.#options.mark) placed.startedMark = this.#options.mark();
    this.placed.push(placed);
    return placed;
  }

  async #lookUp(name: string, random: Random): Promise<void> {
    this.lookups += 1;
    await this.#stocks.lookUp(random.pick(this.#options.urls), name, random.chance(0.1));
  }

  async #place(placed: Placed, random: Random): Promise<void> {
    const { urls } = this.#options;
    const behaviour = random.next();
    if (behaviour < 0.1) {
      const reply = await this.#send(placed, this.#options.hangMs, random.pick(urls));
      if (reply && !placed.answer && placed.copies === 1) placed.gaveUpWith = reply.text;
      return;
    }
    // Aborts the first copy after a short time.
    if (behaviour < 0.2) await this.#send(placed, random.integer(1, 60), random.pick(urls), "aborts");
    while (!placed.answer) {
      const targets = behaviour > 0.92 ? [...urls, random.pick(urls)] : [random.pick(urls)];
      const replies = await Promise.all(targets.map((url) => this.#send(placed, this.#options.hangMs, url)));
      if (replies.some((reply) => reply && meaningOf(reply, placed.copies) === "wrong")) return;
      if (!placed.answer) await Bun.sleep(retryDelayMs);
    }
  }

  async #send(
    placed: Placed,
    timeoutMs: number,
    url: string,
    behaviour?: "aborts",
  ): Promise<Reply | undefined> {
    placed.copies += 1;
    const { copies, key } = placed;
    const signal = AbortSignal.timeout(timeoutMs);
    const reply = await sendOnce(url, placed, signal);
    if (!reply) {
      if (signal.aborted && behaviour !== "aborts")
        this.violations.push(`${key} got no answer in ${timeoutMs} ms`);
      return undefined;
    }
    if (reply.reason) this.#answersByReason.set(reply.reason, this.answersWith(reply.reason) + 1);
    // Another copy may have been sent since this one.
    const meaning = meaningOf(reply, Math.max(copies, placed.copies));
    if (meaning === "wrong") this.violations.push(`${key} got ${reply.status} ${reply.text}`);
    if (meaning === "outcome") this.#takeOutcome(placed, reply);
    if (reply.status === 200) this.#stocks.acknowledged(url, placed);
    return reply;
  }

  #takeOutcome(placed: Placed, { status, text, sentMs }: Reply): void {
    const atMs = performance.now();
    // forgetRefusals may have run before it arrived.
    if (status !== 200 && sentMs < this.#forgotAtMs) return;
    if (placed.answer && placed.answer.text !== text)
      this.violations.push(`${placed.key} got ${placed.answer.text} and then ${text}`);
    const { mark } = this.#options;
    placed.answer ??= { status, text, atMs, ...(mark && { mark: mark() }) };
    for (const { sinceMs, resolve } of this.#waiting.filter((one) => one.sinceMs <= sentMs))
      resolve(atMs - sinceMs);
    this.#waiting = this.#waiting.filter((one) => one.sinceMs > sentMs);
  }

  /** Repeats an earlier order: the answer must be its outcome, marked as replayed. */
  async #repeat(placed: Placed, random: Random): Promise<void> {
    const { answer, gaveUpWith } = placed;
    if (!answer && gaveUpWith !== undefined) return;
    const reply = await this.#send(placed, this.#options.hangMs, random.pick(this.#options.urls));
    if (answer && placed.answer && reply && meaningOf(reply, placed.copies) === "outcome" && !reply.replayed)
      this.violations.push(`${placed.key} was repeated, and the answer is not marked as replayed`);
  }

  /** An acknowledged order must be readable at every frontend. */
  async #readBack({ key, answer }: Placed, random: Random): Promise<void> {
    if (answer?.status !== 200) return;
    const { transaction_number: number } = JSON.parse(answer.text).data;
    const url = random.pick(this.#options.urls);
    const signal = AbortSignal.timeout(this.#options.hangMs);
    const reply = await fetch(`${url}/orders/${number}`, { signal }).catch(() => undefined);
    await reply?.text().catch(() => undefined);
    if (reply && reply.status !== 200 && reply.status !== 503)
      this.violations.push(
        `${key} was acknowledged as ${number}, which is then answered with ${reply.status}`,
      );
  }

  async #reuseKey({ key, order, answer }: Placed, random: Random): Promise<void> {
    if (!answer || (this.#isRestoring && answer.status !== 200)) return;
    const other = { key, order: { ...order, quantity: order.quantity + 1 } };
    const signal = AbortSignal.timeout(this.#options.hangMs);
    const reply = await sendOnce(random.pick(this.#options.urls), other, signal);
    if (!reply || reply.reason === "idempotency_key_reused") return;
    if (meaningOf(reply, 2) !== "again")
      this.violations.push(`${key} was used for another order, which got ${reply.status} ${reply.text}`);
  }
}

/** Buys and sells balance around the 100 opening shares: some buys exceed what is left, some expect another price. */
function randomOrder(random: Random): OrderBody {
  const name = random.pick(names);
  const order = { name, type: random.pick(["buy", "sell"] as const), quantity: random.integer(1, 60) };
  if (random.chance(0.9)) return order;
  return { ...order, expected_price: random.chance(0.5) ? opening[name] : 3.33 };
}

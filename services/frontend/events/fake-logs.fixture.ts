import type { StockChange } from "../../contract/feed.ts";
import { ok, type Reply } from "../../contract/reply.ts";
import { tradeLike } from "../../contract/trade.fixture.ts";
import type { Trade } from "../../contract/trade.ts";
import { systemClock } from "../../runtime/flow/clock.ts";
import { MarketLogs } from "./market-logs.ts";
import { parsePosition, type EventPosition } from "./position.ts";
import { eventStream } from "./stream.ts";

/** The two logs of a market, read in small pages. Their heads are reported only when a test calls `announce`. */
export class FakeLogs {
  trades: Trade[] = [];
  changes: StockChange[] = [];
  isAway = false;
  reads = 0;
  incarnation = 1;
  /** The number before the first row of each log. */
  firstNumber = 0;
  readonly logs: MarketLogs;
  readonly #pageRows: number;

  constructor(pageRows = 3) {
    this.#pageRows = pageRows;
    this.logs = new MarketLogs(
      {
        trades: (after, limit) => this.#page((trades) => ({ trades }), this.trades, after, limit),
        changes: (after, limit) => this.#page((changes) => ({ changes }), this.changes, after, limit),
      },
      systemClock,
    );
  }

  /** Appends this many rows to each log; `age` marks them. */
  grow(trades: number, changes = 0, age = 0): void {
    for (let index = 0; index < trades; index += 1)
      this.trades.push(tradeLike({ number: this.trades.length + 1, at: age }));
    for (let index = 0; index < changes; index += 1) {
      const stock = {
        name: "A",
        price_cents: 1599,
        quantity: 1,
        volume: 0,
        status: "open" as const,
        version: 1,
      };
      this.changes.push({ number: this.changes.length + 1, kind: "restock", at: age, stock });
    }
  }

  /** Both services report their heads. */
  announce(): void {
    this.logs.tradesReported(this.trades.length);
    this.logs.changesReported(this.changes.length, this.incarnation);
  }

  /** A client that comes with this id. */
  follow(from?: string): Following {
    return new Following(this.logs, from === undefined ? undefined : parsePosition(from));
  }

  async #page<Row, Page>(
    pageOf: (rows: readonly Row[]) => Page,
    log: readonly Row[],
    after: number,
    limit: number,
  ): Promise<Reply<Page>> {
    this.reads += 1;
    await Promise.resolve();
    if (this.isAway) return { ok: false, arrived: "maybe" };
    const start = after - this.firstNumber;
    return ok(pageOf(log.slice(start, start + Math.min(limit, this.#pageRows))));
  }
}

export interface SentEvent {
  id: string;
  event: string;
  data: Record<string, unknown>;
}

/** One event stream, read by hand. */
export class Following {
  readonly events: SentEvent[] = [];
  isDone = false;
  readonly #stream: AsyncGenerator<string>;
  readonly #abort = new AbortController();
  #next: Promise<IteratorResult<string>> | undefined;

  constructor(logs: MarketLogs, from: EventPosition | undefined) {
    this.#stream = eventStream({
      logs,
      clock: systemClock,
      from,
      signal: this.#abort.signal,
    });
  }

  /** Reads until nothing has come for `quietMs`. */
  async read(quietMs = 5): Promise<SentEvent[]> {
    const from = this.events.length;
    for (;;) {
      this.#next ??= this.#stream.next();
      const next = await Promise.race([this.#next, Bun.sleep(quietMs)]);
      if (!next) break;
      this.#next = undefined;
      if (next.done) {
        this.isDone = true;
        break;
      }
      this.events.push(...eventsIn(next.value));
    }
    return this.events.slice(from);
  }

  get lastId(): string {
    return this.events.at(-1)?.id ?? "";
  }

  cut(): void {
    this.#abort.abort();
    void this.#stream.return(undefined);
  }
}

/** The events in a stream's text. */
export function eventsIn(text: string): SentEvent[] {
  return [...text.matchAll(/id: (.*)\nevent: (.*)\ndata: (.*)\n\n/g)].map(
    ([, id = "", event = "", data = ""]) => ({
      id,
      event,
      data: JSON.parse(data) as Record<string, unknown>,
    }),
  );
}

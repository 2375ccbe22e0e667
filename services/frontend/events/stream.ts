import type { StockChange } from "../../contract/feed.ts";
import { stockOf } from "../../contract/stock.ts";
import { orderViewOf, type Trade } from "../../contract/trade.ts";
import type { Clock } from "../../runtime/flow/clock.ts";
import type { MarketLogs } from "./market-logs.ts";
import { formatPosition, type EventPosition } from "./position.ts";

/** Comments keep an idle connection open; this is well under the listener's idle timeout. */
const commentIntervalMs = 3_000;
const comment = ": beat\n\n";
/** Pause after a page could not be read although the log has more rows. */
const retryDelayMs = 100;

export interface EventStreamOptions {
  logs: MarketLogs;
  clock: Pick<Clock, "now" | "sleep">;
  /** The client's last position. Undefined: from now on. */
  from: EventPosition | undefined;
  signal: AbortSignal;
}

/**
 * The text of one event stream, pulled piece by piece. The id of an event is the position after it, so a client that
 * reconnects with the last id it saw misses nothing and gets nothing twice. A position that the books do not have is
 * answered by `reset` and the head. While the head is not known, the stream carries only comments. Ends when `signal`
 * fires, when the logs close, or when it cannot be found out whether the books have the position: the client reconnects
 * after the `retry` that every stream begins with. (A browser reconnects after the end of a stream, but after no status
 * other than 200.)
 */
export async function* eventStream(options: EventStreamOptions): AsyncGenerator<string> {
  const { logs, clock, from, signal } = options;
  let { generation } = logs;
  yield "retry: 500\n\n";
  const isKnown = from === undefined || (await logs.reaches(from));
  if (isKnown === undefined) return;
  const known = isKnown ? from : undefined;
  while (!known && !logs.head && !signal.aborted && !logs.isClosed) {
    await logs.changed(commentIntervalMs);
    if (!logs.head) yield comment;
  }
  const start = known ?? logs.head;
  if (!start) return;
  const at = { ...start };
  yield frame(isKnown ? "hello" : "reset", at, headsView(at));

  let sentAtMs = clock.now();
  while (!signal.aborted && !logs.isClosed) {
    if (generation !== logs.generation) {
      ({ generation } = logs);
      Object.assign(at, logs.head);
      yield frame("reset", at, headsView(at));
    }
    let text = await nextPiece(logs, at, generation);
    if (text === undefined) continue;
    const quietMs = clock.now() - sentAtMs;
    if (text === "" && quietMs >= commentIntervalMs) text = comment;
    if (text !== "") {
      yield text;
      sentAtMs = clock.now();
    } else if (isBehind(logs, at)) await clock.sleep(retryDelayMs);
    else await logs.changed(commentIntervalMs - quietMs);
  }
}

/**
 * The next events after `at`, which it advances past them; undefined when the rows may be of the books as they were before
 * a reset. A function of its own, so that a stream whose client does not read holds the text and not the rows too.
 */
async function nextPiece(
  logs: MarketLogs,
  at: EventPosition,
  generation: number,
): Promise<string | undefined> {
  const [changes, trades] = await Promise.all([logs.changes.after(at.change), logs.trades.after(at.trade)]);
  return generation === logs.generation ? framesOf(changes, trades, at) : undefined;
}

/** Advances `at` past these rows. */
function framesOf(changes: readonly StockChange[], trades: readonly Trade[], at: EventPosition): string {
  let text = "";
  for (const change of changes) {
    at.change = change.number;
    text += frame("stock", at, changeView(change));
  }
  for (const trade of trades) {
    at.trade = trade.number;
    text += frame("trade", at, tradeView(trade));
  }
  return text;
}

function isBehind(logs: MarketLogs, at: EventPosition): boolean {
  return at.trade < (logs.trades.head ?? 0) || at.change < (logs.changes.head ?? 0);
}

function headsView(at: EventPosition) {
  return { trades: at.trade, changes: at.change };
}

function tradeView(trade: Trade) {
  const { quantity_after, stock_version } = trade;
  return { ...orderViewOf(trade), quantity_after, stock_version };
}

function changeView({ number, kind, at, stock }: StockChange) {
  return { change: number, kind, at: new Date(at).toISOString(), ...stockOf(stock) };
}

function frame(event: string, id: EventPosition, data: object): string {
  return `id: ${formatPosition(id)}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

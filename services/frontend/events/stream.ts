import type { StockChange } from "../../contract/feed.ts";
import { stockOf } from "../../contract/stock.ts";
import { orderViewOf, type Trade } from "../../contract/trade.ts";
import { formatCursor, type Cursor } from "./cursor.ts";
import type { MarketLogs } from "./market-logs.ts";

/** Comments that keep an idle connection open; well under the listener's idle timeout. */
const beatMs = 3_000;
/** After a page could not be read although the log goes on. */
const retryMs = 100;

/**
 * The text of one event stream, from a place on (without one: from now). Every event's id is the place after it, so a
 * client that was cut off resumes without a gap or a repeat. A place that the books do not have gets `reset` first.
 */
export async function* eventStream(
  hub: MarketLogs,
  heads: Cursor,
  from: Cursor | undefined,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let { generation } = hub;
  yield "retry: 500\n\n";
  const isThere = from === undefined || (await hub.reaches(from));
  // Those who know are away: the client comes back and asks again.
  if (isThere === undefined) return;
  const at = from && isThere ? { ...from } : { ...(hub.heads ?? heads) };
  yield frame(isThere ? "hello" : "reset", at, placeOf(at));

  let saidAt = performance.now();
  while (!signal.aborted && !hub.isClosed) {
    if (generation !== hub.generation) {
      ({ generation } = hub);
      Object.assign(at, hub.heads);
      yield frame("reset", at, placeOf(at));
    }
    const [changes, trades] = await Promise.all([hub.changes.after(at.change), hub.trades.after(at.trade)]);
    if (generation !== hub.generation) continue;
    let text = framesOf(changes, trades, at);
    const quietMs = performance.now() - saidAt;
    if (text === "" && quietMs >= beatMs) text = ": beat\n\n";
    if (text !== "") {
      yield text;
      saidAt = performance.now();
    } else if (isBehind(hub, at)) await Bun.sleep(retryMs);
    else await hub.grown(beatMs - quietMs);
  }
}

/** Moves `at` past these rows. */
function framesOf(changes: readonly StockChange[], trades: readonly Trade[], at: Cursor): string {
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

function isBehind(hub: MarketLogs, at: Cursor): boolean {
  return at.trade < (hub.trades.head ?? 0) || at.change < (hub.changes.head ?? 0);
}

function placeOf(at: Cursor) {
  return { trades: at.trade, changes: at.change };
}

function tradeView(trade: Trade) {
  const { quantity_after, stock_version } = trade;
  return { ...orderViewOf(trade), quantity_after, stock_version };
}

function changeView({ number, kind, at, stock }: StockChange) {
  return { change: number, kind, at: new Date(at).toISOString(), ...stockOf(stock) };
}

function frame(event: string, id: Cursor, data: object): string {
  return `id: ${formatCursor(id)}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

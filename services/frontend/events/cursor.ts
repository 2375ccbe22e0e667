/** A place in the event stream: the last trade and the last stock change that were seen. Written `17-10`. */
export interface Cursor {
  trade: number;
  change: number;
}

export function formatCursor({ trade, change }: Cursor): string {
  return `${trade}-${change}`;
}

/** Undefined for what is no cursor. */
export function parseCursor(text: string): Cursor | undefined {
  const [, trade, change] = /^(\d{1,16})-(\d{1,16})$/.exec(text) ?? [];
  const cursor = { trade: Number(trade), change: Number(change) };
  return Number.isSafeInteger(cursor.trade) && Number.isSafeInteger(cursor.change) ? cursor : undefined;
}

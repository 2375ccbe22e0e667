/** A position in the event stream: the last trade and the last change that were sent. Written `17-10`. */
export interface EventPosition {
  trade: number;
  change: number;
}

export function formatPosition({ trade, change }: EventPosition): string {
  return `${trade}-${change}`;
}

/** Undefined for a text of another form. */
export function parsePosition(text: string): EventPosition | undefined {
  const [, trade, change] = /^(\d{1,16})-(\d{1,16})$/.exec(text) ?? [];
  const position = { trade: Number(trade), change: Number(change) };
  return Number.isSafeInteger(position.trade) && Number.isSafeInteger(position.change) ? position : undefined;
}

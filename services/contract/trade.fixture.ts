import { genesisOf, tradeChain, type Fill, type Trade } from "./trade.ts";

/** A trade as the first row of the market `m`, in all but what is given; its chain is not recomputed. */
export function tradeLike(given: Partial<Trade> = {}): Trade {
  const trade = {
    number: 1,
    order_id: "anonymous\0key-1",
    fingerprint: "ab".repeat(32),
    client: "anonymous",
    name: "A",
    type: "buy" as const,
    quantity: 3,
    price_cents: 1599,
    quantity_after: 97,
    stock_version: 2,
    at: 1_700_000_000_000,
    chain: "",
  };
  return { ...trade, chain: tradeChain(genesisOf("m"), trade), ...given };
}

/** The first rows of the market `m`: numbered 1 to `count`, chained. */
export function tradeLog(count: number, given: (number: number) => Partial<Trade> = () => ({})): Trade[] {
  const rows: Trade[] = [];
  for (let number = 1; number <= count; number += 1) {
    const row = tradeLike({ number, order_id: `anonymous\0key-${number}`, ...given(number) });
    rows.push({ ...row, chain: tradeChain(rows.at(-1)?.chain ?? genesisOf("m"), row) });
  }
  return rows;
}

export function fillOf({ number, price_cents, stock_version, at }: Trade): Fill {
  return { number, price_cents, stock_version, at };
}

import { openWriter } from "../../../db/sqlite/open.ts";
import { CatalogWriter } from "../../../services/catalog/writer/store.ts";
import type { OrderInput } from "../../../services/contract/order-input.ts";
import { dataOf } from "../../../testing/committed.ts";
import { foundMarket, openingList } from "../founding.ts";
import { MonolithStore, type KeyedOrder } from "../monolith/store.ts";

/**
 * The limit of SQLite in one process without HTTP: `store|catalog folder orders-a-transaction seconds`.
 * `store` is the store of the monoliths, `catalog` the catalog's writer. It prints its figures as one line of JSON.
 */
const [program = "", dataDir = "", size = "", runSeconds = ""] = process.argv.slice(2);
const warmUpMs = 300;

/** Writes one transaction. */
type Write = (orders: KeyedOrder[]) => void;

async function storeWrite(): Promise<Write> {
  const store = await MonolithStore.open(dataDir, "bun:sqlite");
  return (orders) => store.placeAll(orders);
}

async function catalogWrite(): Promise<Write> {
  const { path, heads } = await foundMarket(dataDir);
  const catalog = new CatalogWriter(openWriter(path, { synchronous: "FULL" }));
  let ledger = heads.trades;
  const market = dataOf(catalog.acquireEpoch({ ...heads.market, ledger }));
  return (orders) => {
    const named = orders.map((order) => ({ ...order, request_id: "", client: "anonymous" }));
    const { trades } = dataOf(catalog.decide({ ...market, ledger, orders: named }, Date.now()));
    ledger = trades.at(-1) ?? ledger;
  };
}

const orders = openingList().map(({ name }): OrderInput => ({
  name,
  type: "sell",
  quantity: 1,
  expected_price_cents: null,
}));

const write = program === "catalog" ? await catalogWrite() : await storeWrite();
let written = 0;
const writeFor = (durationMs: number): number[] => {
  const latenciesMs: number[] = [];
  const end = performance.now() + durationMs;
  for (let now = performance.now(); now < end;) {
    write(
      Array.from({ length: Number(size) }, () => {
        const order = orders[written++ % orders.length]!;
        return { ...order, key: Bun.randomUUIDv7() };
      }),
    );
    const before = now;
    now = performance.now();
    latenciesMs.push(now - before);
  }
  return latenciesMs;
};

writeFor(warmUpMs);
const started = performance.now();
const latenciesMs = writeFor(Number(runSeconds) * 1_000);
const seconds = (performance.now() - started) / 1_000;
latenciesMs.sort((left, right) => left - right);
const quantile = (share: number) => latenciesMs[Math.ceil(latenciesMs.length * share) - 1];
console.log(
  JSON.stringify({
    answered: latenciesMs.length,
    written,
    seconds,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
  }),
);

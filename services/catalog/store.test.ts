import { expect, test } from "bun:test";

import { openReader, openWriter } from "../../db/sqlite/open.ts";
import { orderLike } from "../contract/order.fixture.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { openCatalog } from "./catalog.fixture.ts";
import { catalogStore } from "./store.ts";

const named = (name: string) => ({ name, priceCents: 100, quantity: 5 });

test("a lookup during an open write transaction returns at once with the committed state", async () => {
  using catalog = openCatalog();
  const other = openWriter(catalog.path, { synchronous: "FULL" });
  other.exec("BEGIN IMMEDIATE; UPDATE stocks SET quantity = 1, version = 2");
  const started = performance.now();
  expect(await catalog.reads.stock("A")).toMatchObject({ quantity: 100, version: 1 });
  expect(await catalog.reads.stocks("", 10)).toMatchObject([{ quantity: 100, version: 1 }]);
  expect(await catalog.reads.trades(0, 10)).toEqual([]);
  expect(performance.now() - started).toBeLessThan(200);
  other.exec("COMMIT");
  expect(await catalog.reads.stock("A")).toMatchObject({ quantity: 1, version: 2 });
  other.close();
});

test("stocks page by name in byte order, each once, and end", async () => {
  using catalog = openCatalog({ opening: ["b", "A", "a", "B", "-", ".9", "A.", "A-"].map(named) });
  const seen: string[] = [];
  for (let after = ""; ;) {
    const page = await catalog.reads.stocks(after, 3);
    seen.push(...page.map((stock) => stock.name));
    after = page.at(-1)?.name ?? "";
    if (page.length < 3) break;
  }
  expect(seen).toEqual(["-", ".9", "A", "A-", "A.", "B", "a", "b"]);
  expect(await catalog.reads.stocks("b", 3)).toEqual([]);
});

test("a name is found in its exact case only", async () => {
  using catalog = openCatalog({ opening: [named("BoarCo")] });
  expect((await catalog.reads.stock("BoarCo"))?.name).toBe("BoarCo");
  expect(await catalog.reads.stock("boarco")).toBeUndefined();
  expect(await catalog.reads.stock("BoarCo ")).toBeUndefined();
  expect(await catalog.reads.stock("BoarCo' OR '1'='1")).toBeUndefined();
});

test("the trade log reads on after a number, in order, as the writer answered it", async () => {
  using catalog = openCatalog();
  catalog.decide(...Array.from({ length: 5 }, () => orderLike()));
  expect(await catalog.reads.trades(2, 2)).toEqual(catalog.ledger.slice(2, 4));
  expect(await catalog.reads.trades(5, 2)).toEqual([]);
});

test("a volume past 2^53 − 1 is shown as that, and the stock still trades", async () => {
  using catalog = openCatalog();
  catalog.db.exec("UPDATE stocks SET volume = 9007199254740992");
  expect((await catalog.reads.stock("A"))?.volume).toBe(Number.MAX_SAFE_INTEGER);
  expect(catalog.decide(orderLike()).decisions).toMatchObject([{ kind: "traded" }]);
  expect(catalog.db.prepare("SELECT volume = 9007199254740993 AS exact FROM stocks").get()).toEqual({
    exact: 1,
  });
});

test("reading never makes a database, nor writes to one", () => {
  using folder = temporaryFolder();
  expect(() => catalogStore(openReader(`${folder.path}/catalog.db`))).toThrow("there is no such file");
  using catalog = openCatalog();
  const reader = openReader(catalog.path);
  expect(() => reader.prepare("UPDATE stocks SET quantity = 0").run()).toThrow("readonly");
  reader.close();
});

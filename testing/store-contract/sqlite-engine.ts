import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Driver, Reader, Writer } from "../../db/sqlite/driver.ts";
import { openMemoryDatabase } from "../../db/sqlite/memory.ts";
import { migrate } from "../../db/sqlite/migrate.ts";
import { openReader, openWriter } from "../../db/sqlite/open.ts";
import { migrations, type DatabaseName } from "../../db/sqlite/schemas.ts";
import { catalogStore, type CatalogStore } from "../../services/catalog/store.ts";
import { decideJson } from "../../services/catalog/writer/decide-batch.ts";
import { grantEpoch } from "../../services/catalog/writer/grant-epoch.ts";
import { CatalogWriter } from "../../services/catalog/writer/store.ts";
import type { BatchReply } from "../../services/contract/batch-reply.ts";
import type { CatalogWrites } from "../../services/contract/catalog.ts";
import { ok } from "../../services/contract/reply.ts";
import { LedgerStore } from "../../services/order/store.ts";
import type { CatalogUnderTest, EngineUnderTest, LedgerUnderTest, StoreEngine } from "./harness.ts";

/** Two connections, as a service has them. */
interface Connections {
  reader: Reader;
  writer: Writer;
}

/** Opens a new database, and calls `onOpened` with its connections: at once, and after each `reopen`. */
type Open = (name: DatabaseName, onOpened: (opened: Connections) => void) => EngineUnderTest;

/** SQLite in a file, through either driver. */
export function sqliteInFiles(driver: Driver): StoreEngine {
  return engineOn(`${driver.name}, file`, (name, onOpened) => databaseInFile(driver, name, onOpened));
}

/** SQLite in memory, through either driver. */
export function sqliteInMemory(driver: Driver): StoreEngine {
  return engineOn(`${driver.name}, memory`, (name, onOpened) => {
    const database = openMemoryDatabase(name, driver);
    onOpened(database);
    return {
      setDiskFull: (isFull) => limitPages(database.writer, isFull),
      dispose: async () => database.writer.close(),
    };
  });
}

function engineOn(name: string, open: Open): StoreEngine {
  return {
    name,
    async openCatalog(marketId, opening): Promise<CatalogUnderTest> {
      let reads: CatalogStore | undefined;
      let writer: CatalogWriter | undefined;
      const database = open("catalog", (opened) => {
        reads = catalogStore(opened.reader);
        writer = new CatalogWriter(opened.writer);
      });
      made(writer).open(marketId, () => [...opening], 1_000);
      return {
        ...database,
        get reads() {
          return made(reads);
        },
        get writes() {
          return writesOf(made(writer));
        },
      };
    },

    async openLedger(): Promise<LedgerUnderTest> {
      let ledger: LedgerStore | undefined;
      const database = open("order", (opened) => {
        ledger = new LedgerStore(opened.writer);
      });
      return {
        ...database,
        get ledger() {
          return made(ledger);
        },
      };
    },
  };
}

function databaseInFile(driver: Driver, name: DatabaseName, onOpened: Parameters<Open>[1]): EngineUnderTest {
  const folder = mkdtempSync(join(tmpdir(), "bourse-store-"));
  const path = join(folder, `${name}.db`);
  const openBoth = () => {
    const writer = openWriter(path, { synchronous: "NORMAL" }, driver);
    migrate(writer, migrations[name]);
    const opened = { writer, reader: openReader(path, driver) };
    onOpened(opened);
    return opened;
  };
  let opened = openBoth();
  const close = () => {
    opened.reader.close();
    opened.writer.close();
  };
  return {
    async reopen() {
      close();
      opened = openBoth();
    },
    setDiskFull: (isFull) => limitPages(opened.writer, isFull),
    async dispose() {
      close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The catalog's writes as its writer thread performs them, in this thread. */
function writesOf(writer: CatalogWriter): CatalogWrites {
  return {
    acquireEpoch: async (request) => grantEpoch(() => writer.acquireEpoch(request)),
    async decide(request) {
      const reply = decideJson(writer, JSON.stringify(request), 2_000, (error) => assert.fail(String(error)));
      return reply.ok ? ok(JSON.parse(reply.data.json) as BatchReply) : reply;
    },
  };
}

/** A full database has no page left; otherwise there is as much room as SQLite allows. */
function limitPages(writer: Writer, isFull: boolean): void {
  const pages = writer.prepare<{ page_count: number }>("PRAGMA page_count").get()?.page_count ?? 0;
  writer.exec(`PRAGMA max_page_count = ${isFull ? pages : 1_000_000}`);
}

function made<T>(part: T | undefined): T {
  assert.ok(part);
  return part;
}

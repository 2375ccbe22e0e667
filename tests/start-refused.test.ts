import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { serviceNames, spawnService, startMarket, type Market, type ServiceName } from "../testing/market.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const temporary = temporaryFolder();
const folder = temporary.path;
let market: Market;
beforeAll(async () => {
  market = await startMarket({ shape: "services" });
}, 30_000);
afterAll(async () => {
  await market.stop();
  temporary[Symbol.dispose]();
});

/** Starts a service that must refuse: exit code 1, and one line for people that contains `reason`. */
async function expectRefused(
  name: ServiceName,
  variables: Record<string, string>,
  reason: string,
): Promise<void> {
  const fresh = { BOURSE_DATA_DIR: mkdtempSync(join(folder, "data-")), BOURSE_LOG_LEVEL: "info" };
  const service = spawnService(name, { ...fresh, [`${name.toUpperCase()}_PORT`]: "0", ...variables }, "pipe");
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(service.stdout).text(),
    new Response(service.stderr).text(),
    service.exited,
  ]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining(reason) });
  expect(stderr).toMatch(/^[a-z]+: [^\n]+\n$/);
  expect(stdout + stderr).not.toMatch(/\n?\s+at |"stack"|"level":60/);
  expect(stdout).not.toContain('"ready"');
}

/** A file of this text in the temporary folder. */
function fileOf(text: string): string {
  const path = join(folder, `${crypto.randomUUID()}.csv`);
  writeFileSync(path, text);
  return path;
}

test.each(serviceNames)("%s refuses a port that is taken", async (name) => {
  const { port } = new URL(market.services.frontend.url);
  await expectRefused(name, { [`${name.toUpperCase()}_PORT`]: port }, `port ${port}`);
});

test.each(serviceNames)("%s refuses an address that others can reach", async (name) => {
  for (const host of ["0.0.0.0", "::", "192.0.2.1", "example.com"])
    await expectRefused(name, { [`${name.toUpperCase()}_HOST`]: host }, `${name.toUpperCase()}_HOST must be`);
});

test.each(["catalog", "order"] as const)("%s refuses a data folder that cannot be written", async (name) => {
  const underFile = join(fileOf(""), "data");
  await expectRefused(name, { BOURSE_DATA_DIR: underFile }, "cannot be written");
});

test.each(["catalog", "order"] as const)("a second %s on one data folder is refused", async (name) => {
  await expectRefused(name, { BOURSE_DATA_DIR: market.dataDir }, `another ${name} process`);
});

test.each(["catalog", "order"] as const)("%s refuses a database that a newer Bourse wrote", async (name) => {
  const dataDir = mkdtempSync(join(folder, "newer-"));
  using db = new Database(join(dataDir, `${name}.db`));
  db.run("PRAGMA user_version = 99");
  await expectRefused(name, { BOURSE_DATA_DIR: dataDir }, "version 99");
});

test.each(["catalog", "order"] as const)(
  "%s refuses a file that is no database, or a folder",
  async (name) => {
    const garbage = mkdtempSync(join(folder, "garbage-"));
    writeFileSync(join(garbage, `${name}.db`), "no database, but long enough to look at. ".repeat(100));
    await expectRefused(name, { BOURSE_DATA_DIR: garbage }, `${name}.db`);
    const blocked = mkdtempSync(join(folder, "blocked-"));
    mkdirSync(join(blocked, `${name}.db`));
    await expectRefused(name, { BOURSE_DATA_DIR: blocked }, `${name}.db`);
  },
);

test.each(["catalog", "order"] as const)("%s refuses a database that is damaged", async (name) => {
  const dataDir = mkdtempSync(join(folder, "damaged-"));
  const path = join(dataDir, `${name}.db`);
  copyFileSync(join(import.meta.dir, `../db/fixtures/v1/${name}.db`), path);
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0xff, bytes.length - 4_096));
  await expectRefused(name, { BOURSE_DATA_DIR: dataDir }, `${name}.db is damaged`);
});

// Root may write every file.
test.skipIf(process.getuid?.() === 0).each([
  ["catalog", "lock"],
  ["catalog", "db"],
  ["order", "lock"],
  ["order", "db"],
] as const)("%s refuses a .%s that cannot be written", async (name, extension) => {
  const dataDir = mkdtempSync(join(folder, "read-only-"));
  copyFileSync(join(import.meta.dir, `../db/fixtures/v1/${name}.db`), join(dataDir, `${name}.db`));
  writeFileSync(join(dataDir, `${name}.lock`), "");
  chmodSync(join(dataDir, `${name}.${extension}`), 0o400);
  await expectRefused(name, { BOURSE_DATA_DIR: dataDir }, `${name}.${extension} cannot be`);
});

test.each<[variable: string, value: string]>([
  ["CATALOG_PORT", "65536"],
  ["CATALOG_PORT", "-1"],
  ["CATALOG_PORT", "80a"],
  ["ORDER_PORT", "1e3"],
  ["CATALOG_URL", "localhost:8081"],
  ["CATALOG_URL", "https://localhost:8081"],
  ["ORDER_URL", "http://localhost:8082/x"],
  ["BOURSE_BATCH_MAX", "0"],
  ["BOURSE_BATCH_MAX", "many"],
  ["BOURSE_ORDER_TIMEOUT_MS", "9"],
  ["BOURSE_ORDER_TIMEOUT_MS", "5s"],
  ["BOURSE_LOG_LEVEL", "loud"],
  ["BOURSE_STORE_URL", "postgres://localhost/bourse"],
])("%s=%s is refused", async (variable, value) => {
  await expectRefused("frontend", { [variable]: value }, `${variable} must be`);
});

test.each<[what: string, csv: string, reason: string]>([
  ["another header", "name;price;quantity\nBoarCo,7.11,100\n", "line 1"],
  ["no stock", "name,price,quantity\n", "line 2"],
  ["a missing field", "name,price,quantity\nBoarCo,7.11,100\nMenhirCo,20\n", "line 3"],
  ["a bad name", "name,price,quantity\nBoar Co,7.11,100\n", "line 2"],
  ["a name twice", "name,price,quantity\nBoarCo,7.11,100\n\nBoarCo,7.11,100\n", "line 4"],
  ["three decimals", "name,price,quantity\nBoarCo,7.111,100\n", "line 2"],
  ["a negative price", "name,price,quantity\nBoarCo,-7,100\n", "line 2"],
  ["half a share", "name,price,quantity\nBoarCo,7.11,1.5\n", "line 2"],
  ["more than 2^50 shares", "name,price,quantity\nBoarCo,7.11,1125899906842625\n", "line 2"],
])("an opening list with %s is refused, and can be mended", async (_, csv, reason) => {
  const dataDir = mkdtempSync(join(folder, "opening-"));
  await expectRefused("catalog", { BOURSE_DATA_DIR: dataDir, BOURSE_STOCKS_FILE: fileOf(csv) }, reason);
  using db = new Database(join(dataDir, "catalog.db"), { readonly: true });
  expect(db.query("SELECT count(*) AS stocks FROM stocks").get()).toEqual({ stocks: 0 });
});

test("an opening list that is not there is refused", async () => {
  const missing = join(folder, "missing.csv");
  await expectRefused("catalog", { BOURSE_STOCKS_FILE: missing }, "BOURSE_STOCKS_FILE cannot be read");
});

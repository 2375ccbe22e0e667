import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";

import { BackedUp, contentsOf } from "./backup.fixture.ts";
import { BackupRefused } from "./refused.ts";
import { restore } from "./restore.ts";

let market: BackedUp;
let whole: Buffer;
beforeAll(async () => {
  market = await BackedUp.of(8);
  whole = readFileSync(market.file);
});
afterAll(() => market[Symbol.dispose]());

/** Restoring these bytes is refused for what they are, and nothing is made. Returns the reason. */
async function refusalOf(bytes: Uint8Array): Promise<string> {
  const file = market.path("damaged.backup");
  writeFileSync(file, bytes);
  const error: unknown = await restore({ dataDir: market.target, file, force: true }).then(
    () => "it was restored",
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(BackupRefused);
  expect(contentsOf(market.target)).toBeUndefined();
  return error instanceof Error ? error.message : "";
}

function flipped(offset: number, bit: number): Buffer {
  const bytes = Buffer.from(whole);
  bytes.writeUInt8(bytes.readUInt8(offset) ^ (1 << bit), offset);
  return bytes;
}

/** Where the manifest ends, and with it what people can read. */
const headBytes = () => whole.indexOf("\n", whole.indexOf("\n") + 1) + 1;

test("a flipped bit in any byte of the two lines of text is noticed before anything is written", async () => {
  for (let offset = 0; offset < headBytes(); offset += 1) await refusalOf(flipped(offset, offset % 8));
});

test("a flipped bit anywhere in the databases is noticed before anything is written", async () => {
  const [ledger, catalog] = market.manifest.parts;
  const start = headBytes();
  const edges = [start, start + ledger.bytes - 1, start + ledger.bytes, whole.length - 1];
  expect(start + ledger.bytes + catalog.bytes).toBe(whole.length);
  // What SQLite itself may not miss: the headers and the last bytes of pages, and what lies free in between.
  const pages = Array.from({ length: 16 }, (_, page) => start + page * 4_096).flatMap((at) => [
    at,
    at + 4_095,
  ]);
  const random = Array.from(
    { length: 1_000 },
    () => start + Math.floor(Math.random() * (whole.length - start)),
  );
  for (const offset of [...edges, ...pages, ...random])
    expect(await refusalOf(flipped(offset, offset % 8))).toMatch(
      /the checksum of (order|catalog)\.db is wrong/,
    );
});

test("a backup that is cut off, anywhere, or has something behind it is refused", async () => {
  const lengths = [0, 1, 13, 40, headBytes() - 1, headBytes(), headBytes() + 1, whole.length - 1];
  for (const length of lengths) await refusalOf(whole.subarray(0, length));
  expect(await refusalOf(whole.subarray(0, whole.length - 1))).toContain("bytes instead of");
  expect(await refusalOf(Buffer.concat([whole, Buffer.from("\n")]))).toContain("bytes instead of");
});

test("two parts that were swapped, and a part of another backup, are refused", async () => {
  const [ledger] = market.manifest.parts;
  const [start, middle] = [headBytes(), headBytes() + ledger.bytes];
  const swapped = [whole.subarray(0, start), whole.subarray(middle), whole.subarray(start, middle)];
  expect(await refusalOf(Buffer.concat(swapped))).toContain("checksum");
});

test("what is no backup is refused by name", async () => {
  const foreign = [
    readFileSync(`${market.books.folder}/catalog.db`),
    Buffer.from("name,price,quantity\nA,1,1\n"),
    Buffer.from("bourse-backup one two three\n{}\n"),
    Buffer.alloc(100_000),
  ];
  for (const bytes of foreign) expect(await refusalOf(bytes)).toContain("no backup of Bourse");
});

/** The whole backup with another manifest, and the right checksum of it: what a newer Bourse might write. */
function withManifest(change: (manifest: Record<string, unknown>) => void, format = 1): Buffer {
  const manifest = JSON.parse(JSON.stringify(market.manifest)) as Record<string, unknown>;
  change(manifest);
  const text = `${JSON.stringify(manifest)}\n`;
  const sha256 = createHash("sha256").update(text).digest("hex");
  const head = `bourse-backup ${format} ${text.length} ${sha256}\n${text}`;
  return Buffer.concat([Buffer.from(head), whole.subarray(headBytes())]);
}

test("a backup of a newer format or newer databases is refused, and says which Bourse to use", async () => {
  expect(await refusalOf(withManifest(() => {}, 2))).toContain("of format 2, this Bourse knows format 1");
  const newer = { bourse: "9.9.9", sqlite: "3.99.0", catalog_schema: 1, order_schema: 7 };
  const why = await refusalOf(withManifest((manifest) => (manifest["versions"] = newer)));
  expect(why).toContain("order.db is of version 7, this Bourse knows up to 1: restore it with Bourse 9.9.9");
});

test("a manifest that lacks something is refused, however right its checksum", async () => {
  expect(await refusalOf(withManifest((manifest) => delete manifest["trades"]))).toContain("/trades");
  expect(await refusalOf(withManifest((manifest) => (manifest["parts"] = [])))).toContain("/parts");
});

test("a damaged backup leaves data that is there untouched, with --force too", async () => {
  const dataDir = market.dataLike("kept");
  const before = contentsOf(dataDir);
  writeFileSync(market.path("damaged.backup"), flipped(whole.length - 1, 0));
  const attempt = restore({ dataDir, file: market.path("damaged.backup"), force: true, dropOrders: true });
  expect(await attempt.catch((error: unknown) => error)).toBeInstanceOf(BackupRefused);
  expect(contentsOf(dataDir)).toEqual(before);
});

test("a file that is not there or is a folder is refused", async () => {
  mkdirSync(market.path("folder"), { recursive: true });
  for (const name of ["nowhere", "folder"]) {
    const attempt = restore({ dataDir: market.target, file: market.path(name) });
    expect(await attempt.catch((error: unknown) => error)).toBeInstanceOf(BackupRefused);
    expect(contentsOf(market.target)).toBeUndefined();
  }
});

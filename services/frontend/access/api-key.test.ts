import { expect, spyOn, test } from "bun:test";
import * as crypto from "node:crypto";

import { idIn, isKeyOf, makeKey } from "./api-key.ts";
import { secretOf } from "./key.fixture.ts";

test("a key is its id and 256 random bits, and no two are alike", () => {
  const keys = Array.from({ length: 1_000 }, makeKey);
  for (const { id, key } of keys) {
    expect(key).toMatch(/^bourse_[0-9a-f]{12}_[A-Za-z0-9_-]{43}$/);
    expect(idIn(key)).toBe(id);
    expect(Buffer.from(secretOf(key), "base64url").length).toBe(32);
  }
  expect(new Set(keys.map(({ key }) => secretOf(key))).size).toBe(1_000);
  expect(new Set(keys.map(({ id }) => id)).size).toBe(1_000);
});

test("what is stored is the SHA-256 of the whole key", () => {
  const { key, hash } = makeKey();
  expect(hash).toBe(new Bun.CryptoHasher("sha256").update(key).digest("hex"));
});

const id = "0123456789ab";
const secret = "A".repeat(43);

test.each<[what: string, text: string]>([
  ["nothing", ""],
  ["another prefix", `Bourse_${id}_${secret}`],
  ["an id too short", `bourse_${id.slice(1)}_${secret}`],
  ["an id in capitals", `bourse_${id.toUpperCase()}_${secret}`],
  ["a secret too short", `bourse_${id}_${secret.slice(1)}`],
  ["a secret too long", `bourse_${id}_${secret}A`],
  ["a line break after it", `bourse_${id}_${secret}\n`],
  ["something before it", ` bourse_${id}_${secret}`],
  ["letters that only look alike", `bourse_${id}_${"А".repeat(43)}`],
  ["a name of every object", "__proto__"],
  ["a megabyte", "bourse_".repeat(150_000)],
])("%s is no key", (_, text) => {
  expect(idIn(text)).toBeUndefined();
});

test("only the key itself has its hash", () => {
  const { key, hash } = makeKey();
  expect(isKeyOf(key, hash)).toBe(true);
  for (let index = 0; index < key.length; index += 1) {
    const other = key[index] === "0" ? "1" : "0";
    expect(isKeyOf(key.slice(0, index) + other + key.slice(index + 1), hash)).toBe(false);
  }
});

test("a key or a hash of any length is just wrong", () => {
  const { key, hash } = makeKey();
  for (const wrong of ["", "x", key.slice(1), `${key}x`, key.repeat(10_000), "\0", "ключ"])
    expect(isKeyOf(wrong, hash)).toBe(false);
  for (const wrong of ["", "00", hash.slice(2), `${hash}00`, "not hex"])
    expect(isKeyOf(key, wrong)).toBe(false);
});

test("hashes are compared in constant time", () => {
  using compare = spyOn(crypto, "timingSafeEqual");
  const { key, hash } = makeKey();
  isKeyOf(key, hash);
  isKeyOf("wrong", hash);
  expect(compare).toHaveBeenCalledTimes(2);
});

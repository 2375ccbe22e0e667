import { hash, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * An API key is `bourse_<id>_<secret>`: the id finds its record, the secret is 256 random bits in base64url. Only the
 * SHA-256 of the whole key is stored.
 */
export interface NewKey {
  id: string;
  key: string;
  hash: string;
}

export function makeKey(): NewKey {
  const id = randomBytes(6).toString("hex");
  const key = `bourse_${id}_${randomBytes(32).toString("base64url")}`;
  return { id, key, hash: hash("sha256", key, "hex") };
}

/** The id in a text that may be a key; undefined when it has another form. */
export function idIn(key: string): string | undefined {
  return /^bourse_([0-9a-f]{12})_[\w-]{43}$/.exec(key)?.[1];
}

/** Compares in constant time. */
export function isKeyOf(key: string, storedHash: string): boolean {
  const given = hash("sha256", key, "buffer");
  const stored = Buffer.from(storedHash, "hex");
  return stored.length === given.length && timingSafeEqual(given, stored);
}

import { makeKey } from "./api-key.ts";
import type { KeyRecord } from "./keys-file.ts";

/** A new key and its record. Default: a reader with a rate that no test uses up. */
export function issueKey(given: Partial<KeyRecord> = {}): { key: string; record: KeyRecord } {
  const { id, key, hash } = makeKey();
  const created_at = "2026-01-02T03:04:05.678Z";
  return {
    key,
    record: {
      id,
      hash,
      client: "alice",
      role: "reader",
      rate: 100_000,
      created_at,
      revoked_at: null,
      ...given,
    },
  };
}

/** The secret part of a key. */
export function secretOf(key: string): string {
  return key.slice("bourse_".length + 12 + 1);
}

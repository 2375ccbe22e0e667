import { randomFillSync } from "node:crypto";

const bytesPerId = 10;
const pool = Buffer.alloc(bytesPerId * 256);
let used = pool.length;
let lastAtMs = 0;

/**
 * A UUIDv7 (RFC 9562): 48 bits of `wallTimeMs`, then 74 random bits. Ids that are made one after the other sort by time,
 * which keeps the unique index over order ids fast. Bun has one of its own; this one runs on Node too.
 */
export function uuidv7(wallTimeMs: number = Date.now()): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.toString("hex", used, used + bytesPerId);
  used += bytesPerId;
  // A clock that was set back must not make ids that sort before earlier ones.
  lastAtMs = Math.max(lastAtMs, wallTimeMs);
  const time = lastAtMs.toString(16).padStart(12, "0");
  const variant = ((Number.parseInt(random.charAt(3), 16) & 0x3) | 0x8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`;
}

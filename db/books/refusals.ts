import type { Refusal } from "../../services/contract/errors.ts";
import type { Statement } from "../sqlite/driver.ts";
import type { Prepares } from "./prepares.ts";
import { blobOf, hexOf, orderIdBlob } from "./trade-row.ts";

/** A stored decision that an order does not go through. `at` is milliseconds since 1970. */
export interface RefusedOrder {
  order_id: string;
  fingerprint: string;
  reason: Refusal;
  at: number;
}

/** Of the refusal that an order id has: its reason, and the fingerprint of the order that was refused. */
export type KnownRefusal = Pick<RefusedOrder, "reason" | "fingerprint">;

/** Reads the catalog's refusals. */
export class RefusalReader {
  readonly #known: Statement<{ reason: Refusal; fingerprint: Uint8Array }>;

  constructor(db: Prepares) {
    this.#known = db.prepare("SELECT reason, fingerprint FROM refusals WHERE order_id = ?");
  }

  known(orderId: string): KnownRefusal | undefined {
    const row = this.#known.get(orderIdBlob(orderId));
    return row ? { reason: row.reason, fingerprint: hexOf(row.fingerprint) } : undefined;
  }
}

/** Stores the catalog's refusals. */
export class RefusalWriter extends RefusalReader {
  readonly #add: Statement<never>;

  constructor(db: Prepares) {
    super(db);
    this.#add = db.prepare("INSERT INTO refusals (order_id, fingerprint, reason, at) VALUES (?, ?, ?, ?)");
  }

  /** Throws a StoreFailure (`constraint`) when this order id has been refused already. */
  add({ order_id, fingerprint, reason, at }: RefusedOrder): void {
    this.#add.run(orderIdBlob(order_id), blobOf(fingerprint), reason, at);
  }
}

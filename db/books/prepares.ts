import type { Reader } from "../sqlite/driver.ts";

/**
 * The part of a connection that a reader or writer of the books uses. The owner of the connection makes the
 * transactions.
 */
export type Prepares = Pick<Reader, "prepare">;

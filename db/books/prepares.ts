import type { Reader } from "../sqlite/driver.ts";

/** All that a reader or writer of the books needs of its connection: transactions are its owner's. */
export type Prepares = Pick<Reader, "prepare">;

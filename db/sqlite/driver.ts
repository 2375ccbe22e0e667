// The interface over SQLite: types only. Reader and Writer are what the services use; Driver and Connection
// are what a library adapter (bun-driver.ts, better-driver.ts) has to offer.

/**
 * What can be stored. Numbers must be finite and no integer past 2^53 − 1 (a bigint carries those, up to 64 bits).
 * Booleans and undefined are refused.
 */
export type Value = string | number | bigint | Uint8Array | null;

/** `T`, unless it is a promise: an async callback would leave its transaction at the first `await`. */
export type Synchronous<T> = T extends PromiseLike<unknown> ? never : T;

/**
 * A prepared statement. Columns come back as string, number, null or Uint8Array (a Buffer under better-sqlite3).
 * A row with an integer past 2^53 − 1 is a RangeError, never a rounded number: cap or compare it in SQL.
 */
export interface Statement<Row> {
  /** The first row, or undefined. A statement that returns no rows is a TypeError: use `run`. */
  get(...params: Value[]): Row | undefined;
  all(...params: Value[]): Row[];
  run(...params: Value[]): { changes: number };
}

/**
 * A read-only connection: it never waits for the writer and sees the last committed state. SQLite's errors reach the
 * caller as StoreFailures, from every method here and in Writer.
 */
export interface Reader {
  readonly access: "read" | "write";
  /** Prepares one statement with plain `?` parameters. Prepare once and keep it: it lives as long as the connection. */
  prepare<Row>(sql: string): Statement<Row>;
  /** Runs several reads on one snapshot. Keep it short: an open snapshot makes the WAL grow. */
  snapshot<T>(read: () => Synchronous<T>): T;
  close(): void;
}

/** The one connection that may write. A function that takes a Writer cannot be given a Reader. */
export interface Writer extends Reader {
  readonly access: "write";
  /**
   * One write transaction: BEGIN IMMEDIATE, then COMMIT, or ROLLBACK when `work` throws.
   * When it throws, nothing was written, except after a StoreFailure of kind `in_doubt`.
   * `work` must not catch a StoreFailure: some (`full`) have ended the transaction already.
   */
  immediate<T>(work: () => Synchronous<T>): T;
  /**
   * Moves the WAL into the database file and empties it. Waits up to the busy timeout for readers;
   * false when one still held it back (nothing is lost, the next call tries again).
   */
  checkpoint(): boolean;
  /** Several statements, no parameters, no rows. For db/ only: services prepare their SQL. */
  exec(sql: string): void;
}

export interface Driver {
  readonly name: string;
  /** 'read' never creates or changes the file; 'write' creates it if need be. Errors are the library's own. */
  open(path: string, access: "read" | "write"): Connection;
}

export interface Connection {
  prepare(sql: string): PreparedStatement;
  exec(sql: string): void;
  inTransaction(): boolean;
  /** Also ends every statement of this connection, so that the file and its locks are free afterwards. */
  close(): void;
}

export interface PreparedStatement {
  readonly returnsRows: boolean;
  get(params: readonly Value[]): unknown;
  all(params: readonly Value[]): unknown[];
  run(params: readonly Value[]): { changes: number };
}

/**
 * Why a store could not do its work, whatever the engine:
 *
 * - `full`: the disk has no room; nothing was written.
 * - `busy`: another process holds the lock for too long; nothing was written.
 * - `constraint`: the data breaks a rule of the schema (or does not fit a column); nothing was written.
 * - `damaged`: the file cannot be read or is not a database; the caller must stop.
 * - `in_doubt`: after this error it is not known what was written. The process must end, and the restart
 *   reads what is there.
 */
export type StoreFailureKind = "full" | "busy" | "constraint" | "damaged" | "in_doubt";

/** Thrown by a store's engine; `cause` is the engine's own error. */
export class StoreFailure extends Error {
  override readonly name = "StoreFailure";
  readonly kind: StoreFailureKind;

  constructor(kind: StoreFailureKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

/** The StoreFailure that an error is or has in its chain of causes; undefined when there is none. */
export function storeFailureIn(error: unknown): StoreFailure | undefined {
  if (error instanceof StoreFailure) return error;
  return error instanceof Error ? storeFailureIn(error.cause) : undefined;
}

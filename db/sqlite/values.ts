import type { Value } from "./driver.ts";

/**
 * Refuses what the libraries would store as something else: NaN and undefined become NULL, true becomes 1,
 * 2n ** 70n becomes 0. Throws TypeError or RangeError naming the parameter's position, never its value.
 */
export function assertBindable(params: readonly unknown[]): asserts params is readonly Value[] {
  params.forEach((value, index) => {
    const problem = bindingProblem(value);
    if (problem !== undefined) throw new problem.kind(`SQL parameter ${index + 1} ${problem.text}`);
  });
}

function bindingProblem(value: unknown): { kind: ErrorConstructor; text: string } | undefined {
  if (value === null || typeof value === "string" || value instanceof Uint8Array) return undefined;
  if (typeof value === "number") {
    if (Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER) return undefined;
    return {
      kind: RangeError,
      text: "is no finite number up to 2^53 - 1 (a bigint carries larger integers)",
    };
  }
  if (typeof value === "bigint") {
    if (BigInt.asIntN(64, value) === value) return undefined;
    return { kind: RangeError, text: "does not fit in 64 bits" };
  }
  return { kind: TypeError, text: `is of type ${typeof value}, which SQLite cannot store` };
}

/** Throws RangeError if a column came back rounded: the libraries read a 64-bit integer as a double. */
export function assertExact(row: unknown): void {
  const columns = row as Record<string, unknown>;
  for (const column in columns) {
    const value = columns[column];
    if (typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER) {
      throw new RangeError(`column ${column} holds a number past 2^53 - 1: cap or compare it in SQL`);
    }
  }
}

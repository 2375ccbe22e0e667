import type { Shape } from "../../testing/market.ts";
import type { FaultControl, FaultLibrary } from "./library.ts";

/** The fault controls of the processes that write a market's databases. In one process both are the same. */
export type DatabaseControls = Readonly<Record<"catalog" | "order", FaultControl>>;

/** `extensions` after each database's name: `db`, `db-wal` … `trace` gets a record of every call, if it is given. */
export function databaseControls(
  faults: FaultLibrary,
  shape: Shape,
  extensions: readonly string[] = ["db", "db-wal"],
  trace?: string,
): DatabaseControls {
  const filesOf = (database: string): string[] => extensions.map((extension) => `${database}.${extension}`);
  const all = [...filesOf("catalog"), ...filesOf("order")];
  if (shape === "one-process") {
    const control = faults.control(all, trace);
    return { catalog: control, order: control };
  }
  // A trace numbers the files, so its controls must have the same ones.
  const files = (database: string) => (trace === undefined ? filesOf(database) : all);
  return {
    catalog: faults.control(files("catalog"), trace),
    order: faults.control(files("order"), trace),
  };
}

/** The variables with which each service must be started. */
export function variablesOf({ catalog, order }: DatabaseControls) {
  return { catalog: catalog.variables, order: order.variables };
}

export function injectedBy(controls: DatabaseControls): number {
  return [...new Set(Object.values(controls))].reduce((sum, { injected }) => sum + injected, 0);
}

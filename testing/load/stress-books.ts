import { join } from "node:path";

import { faultsIn, readBooks } from "../auditor.ts";
import { until } from "../until.ts";
import type { Stress } from "./stress.ts";

const root = join(import.meta.dir, "../..");

/**
 * The faults in the books of a data folder after stress, a sentence each: every acknowledged order must be in the
 * ledger once, and nothing else but orders of unknown outcome. Includes the result of `bun run audit`.
 */
export async function booksFaults(
  dataDir: string,
  { numbers, unknown }: Pick<Stress, "numbers" | "unknown">,
): Promise<string[]> {
  const isAtRest = async (): Promise<boolean> => {
    const { trades, ledger } = readBooks(dataDir);
    return trades.length === ledger.length;
  };
  // Books that stay unequal are a fault that is found below.
  await until(isAtRest, 10_000).catch(() => undefined);
  const books = readBooks(dataDir);
  const faults = faultsIn(books);
  const inLedger = new Set(books.ledger.map(({ number }) => number));
  const missing = numbers.filter((number) => !inLedger.has(number)).length;
  if (missing > 0) faults.push(`${missing} acknowledged orders are not in the ledger`);
  if (new Set(numbers).size !== numbers.length) faults.push("a number was acknowledged twice");
  if (books.ledger.length > numbers.length + unknown)
    faults.push(
      `the ledger holds ${books.ledger.length} trades: ${numbers.length} were acknowledged, ${unknown} are of unknown outcome`,
    );
  if (books.refusals.length > 0) faults.push(`${books.refusals.length} orders were refused for good`);
  return [...faults, ...(await auditFaults(dataDir))];
}

/** Runs the audit command. */
async function auditFaults(dataDir: string): Promise<string[]> {
  const child = Bun.spawn([process.execPath, "run", "audit", "--files", dataDir], {
    cwd: root,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const output = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  const exitCode = await child.exited;
  return exitCode === 0 ? [] : [`bun run audit ended with ${exitCode}: ${output.join("").trim()}`];
}

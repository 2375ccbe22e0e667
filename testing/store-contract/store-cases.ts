import { decisionCases } from "./decision-cases.ts";
import type { StoreCase } from "./harness.ts";
import { leadershipCases } from "./leadership-cases.ts";
import { ledgerCases } from "./ledger-cases.ts";
import { readCases } from "./read-cases.ts";

/**
 * What the stores of every engine have to do alike, over the asynchronous interfaces of services/contract. The suite has
 * no test runner of its own: sqlite.test.ts runs it under Bun, sqlite.node.ts under Node.
 */
export const storeCases: readonly StoreCase[] = [
  ...decisionCases,
  ...leadershipCases,
  ...readCases,
  ...ledgerCases,
];

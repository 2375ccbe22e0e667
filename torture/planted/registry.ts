import { catalogBugs } from "./catalog-bugs.ts";
import { frontendBugs } from "./frontend-bugs.ts";
import { orderBugs } from "./order-bugs.ts";
import type { Checker, PlantedBug } from "./planted-bug.ts";
import { runtimeBugs } from "./runtime-bugs.ts";

/** Every planted bug, once. */
export const plantedBugs: readonly PlantedBug[] = [
  ...catalogBugs,
  ...orderBugs,
  ...frontendBugs,
  ...runtimeBugs,
];

export function bugsFor(checker: Checker): readonly PlantedBug[] {
  return plantedBugs.filter(({ caughtBy }) => caughtBy.includes(checker));
}

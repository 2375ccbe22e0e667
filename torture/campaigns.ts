import type { Campaign } from "./campaign.ts";
import { crashPoints } from "./crash-points.ts";
import { disk } from "./disk.ts";
import { fuzz } from "./fuzz/campaign.ts";
import { kill } from "./kill.ts";
import { network } from "./network/campaign.ts";
import { overload } from "./overload.ts";
import { planted } from "./planted/planted.ts";
import { powerCut } from "./power-cut/campaign.ts";
import { simulation } from "./simulation/campaign.ts";
import { plantedSimulation } from "./simulation/planted.ts";
import { succession } from "./succession.ts";

/** Every campaign, in the order in which `--campaign all` runs them. */
export const campaigns: readonly Campaign[] = [
  kill,
  crashPoints,
  powerCut,
  succession,
  disk,
  network,
  fuzz,
  overload,
  simulation,
  planted,
  plantedSimulation,
];

import { arch, cpus, platform } from "node:os";

/** The machine and the versions of a run. */
export interface Machine {
  processors: number;
  model: string;
  system: string;
  bun: string;
  node: string | undefined;
}

export function machineWith(node: string | undefined): Machine {
  return {
    processors: navigator.hardwareConcurrency,
    model: cpus()[0]?.model ?? "unknown",
    system: `${platform()} ${arch()}`,
    bun: Bun.version,
    node: node && Bun.spawnSync([node, "--version"]).stdout.toString().trim(),
  };
}

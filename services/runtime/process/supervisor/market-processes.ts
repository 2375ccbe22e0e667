import { join } from "node:path";

import type { ManagedProcess } from "./supervisor.ts";

const services = ["catalog", "order", "frontend"];
const servicesFolder = join(import.meta.dir, "../../..");

/**
 * The three services, each before those that need it. `--no-orphans` ends each when the supervisor dies, by SIGKILL too.
 */
export function marketProcesses(...bunFlags: string[]): ManagedProcess[] {
  return services.map((name) => ({
    name,
    command: [process.execPath, "--no-orphans", ...bunFlags, join(servicesFolder, name, "main.ts")],
  }));
}

import { runDev } from "../services/runtime/process/supervisor/dev-all.ts";
import { marketProcesses } from "../services/runtime/process/supervisor/market-processes.ts";
import { newCommand } from "./command.ts";
import type { Subcommand } from "./run.ts";

const help = {
  description: "Runs the three services with readable logs, and reloads each when one of its files changes.",
  examples: [["dev", "ports 8080 to 8082 on 127.0.0.1, data in ./data"]],
  exitCodes: {
    0: "it was asked to end, and did",
    1: "a person must correct something, or wrong options: one line says what",
  },
} as const;

export const dev: Subcommand = {
  name: "dev",
  exitCodes: { usage: 1, failed: 1 },
  handlesSignals: true,
  async run(args) {
    newCommand("dev", help).parse(args, { from: "user" });
    return runDev(marketProcesses("--watch", "--no-clear-screen"));
  },
};

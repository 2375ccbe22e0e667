import { marketProcesses } from "../services/runtime/process/supervisor/market-processes.ts";
import { superviseAll } from "../services/runtime/process/supervisor/supervisor.ts";
import { newCommand } from "./command.ts";
import type { Subcommand } from "./run.ts";

const help = {
  description: "Runs a market until Ctrl-C or SIGTERM. Logs are JSON lines on standard output.",
  details: `The environment configures it: ports, data folder, API keys (README.md has the table). A port of 0 takes a free
one and logs it.`,
  examples: [
    ["start", "ports 8080 to 8082 on 127.0.0.1, data in ./data"],
    ["start --services", "each service in a process of its own, started again when it crashes"],
  ],
  exitCodes: {
    0: "it was asked to end, and did",
    1: "a person must mend something, or wrong options: one line tells what",
  },
} as const;

/** Three processes are the only shape so far, with `--services` or without. */
export const start: Subcommand = {
  name: "start",
  exitCodes: { usage: 1, failed: 1 },
  handlesSignals: true,
  async run(args) {
    newCommand("start", help)
      .option("--services", "run catalog, order and frontend as three processes")
      .parse(args, { from: "user" });
    return superviseAll({
      processes: marketProcesses(),
      // Log lines are JSON and are written unchanged, for programs that collect logs.
      onLine: (_name, text, stream) => process[stream].write(`${text}\n`),
      restart: "crashes",
    });
  },
};

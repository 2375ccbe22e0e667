import { marketProcesses } from "../services/runtime/process/supervisor/market-processes.ts";
import { superviseAll } from "../services/runtime/process/supervisor/supervisor.ts";
import { runService } from "../services/runtime/process/lifecycle.ts";
import { newCommand } from "./command.ts";
import type { Subcommand } from "./run.ts";

const help = {
  description: "Runs a market until Ctrl-C or SIGTERM. Logs are JSON lines on standard output.",
  details: `The environment configures it: ports, data folder, API keys (README.md has the table). A port of 0 takes a free
one and logs it.`,
  examples: [
    ["start", "the whole market in one process, on http://127.0.0.1:8080, data in ./data"],
    ["start --services", "each service in a process of its own, started again when it crashes"],
  ],
  exitCodes: {
    0: "it was asked to end, and did",
    1: "a person must correct something, or wrong options: one line says what",
    70: "an internal error, in one process; started again, it reads what was committed",
  },
} as const;

export const start: Subcommand = {
  name: "start",
  exitCodes: { usage: 1, failed: 1 },
  handlesSignals: true,
  async run(args) {
    const { services } = newCommand("start", help)
      .option("--services", "run catalog, order and frontend as three processes")
      .parse(args, { from: "user" })
      .opts<{ services?: true }>();
    if (!services) {
      const { market } = await import("../services/market.ts");
      await runService(market);
      return 0;
    }
    return superviseAll({
      processes: marketProcesses(),
      // Log lines are JSON and are written unchanged, for programs that collect logs.
      onLine: (_name, text, stream) => process[stream].write(`${text}\n`),
      restart: "crashes",
    });
  },
};

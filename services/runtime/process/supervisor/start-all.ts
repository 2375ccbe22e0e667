import { marketProcesses } from "./market.ts";
import { superviseAll } from "./supervisor.ts";

// Lines go through as they came: JSON, for whatever collects the logs.
process.exitCode = await superviseAll({
  processes: marketProcesses(),
  onLine: (_name, text, stream) => process[stream].write(`${text}\n`),
  restart: "crashes",
});

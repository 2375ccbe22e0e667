import { createLineFormatter } from "./readable-log.ts";
import { type ManagedProcess, superviseAll } from "./supervisor.ts";
import { urlInReadyLine, waitUntilReady, whatToTry } from "./what-to-try.ts";

/** Runs the services with readable logs, and prints commands to try once orders go through. Resolves to the exit code. */
export async function runDev(processes: readonly ManagedProcess[]): Promise<number> {
  const ended = new AbortController();
  const format = createLineFormatter(
    processes.map(({ name }) => name),
    process.stdout.isTTY && process.stdout.hasColors(),
  );

  let isIntroduced = false;
  const introduce = async (url: string): Promise<void> => {
    isIntroduced = true;
    // Run by npx, there is no `bun` on the PATH of this terminal.
    const run = process.execPath.includes("_npx") ? `npx --yes bun@${Bun.version} run` : "bun run";
    if (await waitUntilReady(url, ended.signal)) process.stdout.write(whatToTry(url, run));
  };

  const exitCode = await superviseAll({
    processes,
    onLine: (name, text, stream) => {
      process[stream].write(format(name, text));
      if (isIntroduced || name !== "frontend") return;
      const url = urlInReadyLine(text);
      if (url) void introduce(url);
    },
    restart: "crashes",
  });
  ended.abort();
  return exitCode;
}

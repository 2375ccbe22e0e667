import { readLines } from "../testing/market.ts";
import { atExit } from "../testing/at-exit.ts";

export interface ReportingProcess {
  /** A program that prints each report as a line of JSON. */
  main: string;
  options: Readonly<Record<string, string | number>>;
  /** A process without a report for so long is in an endless loop, and is killed. */
  silenceMs: number;
  isEnough?: (() => boolean) | undefined;
}

/** Runs a process and reads its reports, until `isEnough`. If it fails before, resolves with the reason. */
export async function readReports<Report>(
  { main, options, silenceMs, isEnough = () => false }: ReportingProcess,
  onReport: (report: Report) => void,
): Promise<string | undefined> {
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  // Its standard input ends when this process is killed.
  const child = Bun.spawn([process.execPath, main, ...args], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  const remains = atExit(() => child.kill());
  const errors = new Response(child.stderr).text();
  let reportedAtMs = performance.now();
  let wasTerminated = false;
  const watchdog = setInterval(() => {
    if (!isEnough() && performance.now() - reportedAtMs < silenceMs) return;
    // SIGTERM first: it may have files to remove.
    child.kill(wasTerminated ? "SIGKILL" : "SIGTERM");
    wasTerminated = true;
  }, 500);
  await readLines(child.stdout, (line) => {
    reportedAtMs = performance.now();
    onReport(JSON.parse(line) as Report);
  });
  clearInterval(watchdog);
  const exitCode = await child.exited;
  remains.leave();
  if (exitCode === 0 || isEnough()) return undefined;
  return `its process failed (${child.signalCode ?? exitCode}): ${(await errors).slice(0, 500)}`;
}

import { readLines } from "../testing/market.ts";
import { atExit } from "../testing/at-exit.ts";

export interface ReportingProcess {
  /** A program of ours that prints each of its reports as a line of JSON. */
  main: string;
  options: Readonly<Record<string, string | number>>;
  /** Who says nothing for so long turns in a circle. */
  silenceMs: number;
  isEnough?: (() => boolean) | undefined;
}

/** Runs a process for its reports, until `isEnough`. Resolves with what broke it off, if something did. */
export async function readReports<Report>(
  { main, options, silenceMs, isEnough = () => false }: ReportingProcess,
  onReport: (report: Report) => void,
): Promise<string | undefined> {
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  // Its standard input ends with us, should we be killed.
  const child = Bun.spawn([process.execPath, main, ...args], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  const remains = atExit(() => child.kill());
  const said = new Response(child.stderr).text();
  let heardAtMs = performance.now();
  let wasAsked = false;
  const watchdog = setInterval(() => {
    if (!isEnough() && performance.now() - heardAtMs < silenceMs) return;
    // It may have something to clear away first.
    child.kill(wasAsked ? "SIGKILL" : "SIGTERM");
    wasAsked = true;
  }, 500);
  await readLines(child.stdout, (line) => {
    heardAtMs = performance.now();
    onReport(JSON.parse(line) as Report);
  });
  clearInterval(watchdog);
  const exitCode = await child.exited;
  remains.leave();
  if (exitCode === 0 || isEnough()) return undefined;
  return `it broke off (${child.signalCode ?? exitCode}): ${(await said).slice(0, 500)}`;
}

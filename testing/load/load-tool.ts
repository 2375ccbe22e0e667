import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryFolder } from "../temporary-folder.ts";

/** The requests of a load, repeated: GET, or POST with each of the bodies in turn. */
export interface Requests {
  path: string;
  /** JSON, one line each. */
  bodies: readonly string[];
  /** GET each of these in turn instead of `path`. */
  paths?: readonly string[];
}

export interface LoadOptions {
  seconds: number;
  /** Each has one request in flight at a time. */
  connections: number;
}

/** The result of one run: `answered` counts status 200, `failed` every other answer and every missing one. */
export interface LoadResult {
  answered: number;
  failed: number;
  seconds: number;
  p50Ms: number;
  p99Ms: number;
  /** Processor time of the load generator itself. */
  cpuSeconds: number;
}

/** Puts load on an HTTP server, from a process of its own. Throws when it cannot. */
export type Load = (url: string, requests: Requests, options: LoadOptions) => Promise<LoadResult>;

/** wrk, which takes the least processor time from the server; autocannon, an npm dependency, where there is no wrk. */
export function loadTool(): { name: string; run: Load } {
  const wrk = Bun.which("wrk");
  return wrk ? { name: "wrk", run: wrkLoad(wrk) } : { name: "autocannon", run: autocannonLoad };
}

export function wrkLoad(wrk: string): Load {
  const script = join(import.meta.dir, "load.lua");
  return (url, { path, bodies, paths = [] }, { seconds, connections }) =>
    withFile([...bodies, ...paths].map((line) => `${line}\n`).join(""), async (file) => {
      const command = [wrk, "-t1", `-c${connections}`, `-d${seconds}s`, "-s", script, url + path];
      const lines =
        bodies.length > 0 ? ["--", "bodies", file] : paths.length > 0 ? ["--", "paths", file] : [];
      const { output, cpuSeconds } = await outputOf([...command, ...lines]);
      const report = JSON.parse(output.trim().split("\n").at(-1) ?? "") as Omit<LoadResult, "cpuSeconds">;
      return { ...report, cpuSeconds };
    });
}

export const autocannonLoad: Load = (url, { path, bodies, paths = [path] }, { seconds, connections }) => {
  const entries =
    bodies.length > 0 ? bodies.map((body) => postOf(url + path, body)) : paths.map((one) => getOf(url + one));
  // A HAR is the one way to give its command line several bodies.
  return withFile(JSON.stringify({ log: { entries } }), async (har) => {
    const program = [
      process.execPath,
      Bun.resolveSync("autocannon", import.meta.dir),
      "--json",
      "--har",
      har,
    ];
    const options = ["-c", String(connections), "-d", String(seconds), url];
    const { output, cpuSeconds } = await outputOf([...program, ...options]);
    const report = JSON.parse(output) as AutocannonReport;
    return {
      answered: report["2xx"],
      failed: report.non2xx + report.errors + report.timeouts,
      seconds: report.duration,
      p50Ms: report.latency.p50,
      p99Ms: report.latency.p99,
      cpuSeconds,
    };
  });
};

interface AutocannonReport {
  "2xx": number;
  non2xx: number;
  errors: number;
  timeouts: number;
  duration: number;
  latency: { p50: number; p99: number };
}

function getOf(url: string) {
  return { request: { method: "GET", url, headers: [] } };
}

function postOf(url: string, text: string) {
  const headers = [{ name: "content-type", value: "application/json" }];
  return { request: { method: "POST", url, headers, postData: { text } } };
}

async function withFile<T>(text: string, use: (path: string) => Promise<T>): Promise<T> {
  using folder = temporaryFolder();
  const path = join(folder.path, "requests");
  writeFileSync(path, text);
  return await use(path);
}

/** Runs a command to its end. Throws with its output when it fails. */
export async function outputOf(
  command: readonly string[],
): Promise<{ output: string; cpuSeconds: number; maxMb: number }> {
  const child = Bun.spawn([...command], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [output, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (exitCode !== 0) throw new Error(`${command[0]} ended with ${exitCode}: ${stderr || output}`);
  const usage = child.resourceUsage();
  const maxMb = Math.round((usage?.maxRSS ?? 0) / 2 ** 20);
  return { output, cpuSeconds: Number(usage?.cpuTime.total ?? 0) / 1e6, maxMb };
}

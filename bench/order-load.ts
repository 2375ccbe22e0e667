import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What one run of the load did: orders that traded, and all the answers (or silences) that were none. */
export interface LoadResult {
  orders: number;
  failed: number;
  seconds: number;
  p50Ms: number;
  p99Ms: number;
}

export interface LoadOptions {
  seconds: number;
  connections: number;
}

/** Puts sells of mixed stocks without keys on a frontend, from a process of its own. Throws when it cannot. */
export type OrderLoad = (url: string, options: LoadOptions) => Promise<LoadResult>;

/** wrk, which takes the least CPU from what is measured; autocannon, which comes along, where there is none. */
export function orderLoad(): { name: string; run: OrderLoad } {
  const wrk = Bun.which("wrk");
  return wrk ? { name: "wrk", run: wrkLoad(wrk) } : { name: "autocannon", run: autocannonLoad };
}

function wrkLoad(wrk: string): OrderLoad {
  const script = join(import.meta.dir, "orders.lua");
  return async (url, { seconds, connections }) => {
    const output = await outputOf([wrk, "-t1", `-c${connections}`, `-d${seconds}s`, "-s", script, url]);
    return JSON.parse(output.trim().split("\n").at(-1) ?? "") as LoadResult;
  };
}

const names =
  "GameStart RottenFishCo BoarCo MenhirCo CaesarTech Reneium Goscinnyium PiloteCo DogmatixCo LutetiaTech";

const autocannonLoad: OrderLoad = async (url, { seconds, connections }) => {
  const folder = mkdtempSync(join(tmpdir(), "bourse-bench-"));
  const har = join(folder, "orders.har");
  try {
    // The one way to give its command line several bodies.
    writeFileSync(
      har,
      JSON.stringify({ log: { entries: names.split(" ").map((name) => entryOf(url, name)) } }),
    );
    const program = [
      process.execPath,
      Bun.resolveSync("autocannon", import.meta.dir),
      "--json",
      "--har",
      har,
    ];
    const output = await outputOf([...program, "-c", String(connections), "-d", String(seconds), url]);
    const report = JSON.parse(output) as AutocannonReport;
    return {
      orders: report["2xx"],
      failed: report.non2xx + report.errors + report.timeouts,
      seconds: report.duration,
      p50Ms: report.latency.p50,
      p99Ms: report.latency.p99,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

interface AutocannonReport {
  "2xx": number;
  non2xx: number;
  errors: number;
  timeouts: number;
  duration: number;
  latency: { p50: number; p99: number };
}

function entryOf(url: string, name: string) {
  const text = JSON.stringify({ name, type: "sell", quantity: 1 });
  const headers = [{ name: "content-type", value: "application/json" }];
  return { request: { method: "POST", url: `${url}/orders`, headers, postData: { text } } };
}

async function outputOf(command: string[]): Promise<string> {
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (exitCode !== 0) throw new Error(`${command[0]} ended with ${exitCode}: ${stderr || stdout}`);
  return stdout;
}

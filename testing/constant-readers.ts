import { statSync } from "node:fs";
import { join } from "node:path";

import { auditedServicesAt } from "../books/audit/audited-services.ts";
import { liveSource } from "../books/audit/live-source.ts";
import { runAudit, type AuditReport } from "../books/audit/run.ts";
import type { Market } from "./market.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** How often each kind of reader reached the end of its data; of events, the number of chunks. */
export interface Reads {
  stocks: number;
  orders: number;
  events: number;
  liveAudits: number;
  fileAudits: number;
  backups: number;
}

export interface ConstantReaders {
  reads: Reads;
  /** Rejects if a reader failed, or an audit found the books inconsistent. */
  stop(): Promise<Reads>;
}

/** Starts every kind of long read, each in a loop without a pause: pages of stocks and orders, events, audits, backups. */
export function startReaders({ url, dataDir, services }: Pick<Market, "url" | "dataDir" | "services">) {
  const reads: Reads = { stocks: 0, orders: 0, events: 0, liveAudits: 0, fileAudits: 0, backups: 0 };
  const stopping = new AbortController();
  const { signal } = stopping;
  const folder = temporaryFolder();
  const live = liveSource(auditedServicesAt(services.catalog.url, services.order.url));
  const again = async (kind: keyof Reads, readOnce: () => Promise<void>): Promise<void> => {
    while (!signal.aborted) {
      await readOnce();
      reads[kind] += 1;
    }
  };
  const readers = [
    again("stocks", () => pageThrough(`${url}/stocks?limit=1000`, signal)),
    again("orders", () => pageThrough(`${url}/orders?limit=1000`, signal)),
    followFromStart(url, signal, () => (reads.events += 1)),
    again("liveAudits", async () => assertTrue(await runAudit(live, { restFactor: 0, signal }))),
    again("fileAudits", () => runCommand("audit", ["--files", dataDir], dataDir, signal)),
    again("backups", () => runCommand("backup", [join(folder.path, "backup"), "--force"], dataDir, signal)),
  ].map((reader) =>
    reader.catch((error: unknown) => {
      if (!signal.aborted) throw error;
    }),
  );
  const all = Promise.all(readers).finally(() => folder[Symbol.dispose]());
  return {
    reads,
    async stop(): Promise<Reads> {
      stopping.abort();
      await all;
      return reads;
    },
  } satisfies ConstantReaders;
}

function assertTrue({ checks }: AuditReport): void {
  const wrong = checks.filter(({ ok }) => !ok);
  if (wrong.length > 0) throw new Error(`the audit found the books inconsistent: ${JSON.stringify(wrong)}`);
}

/** Runs a command over the files of the running services, in a process of its own. */
async function runCommand(name: string, args: string[], dataDir: string, signal: AbortSignal): Promise<void> {
  const child = Bun.spawn([process.execPath, "run", "--silent", name, ...args], {
    cwd: join(import.meta.dir, ".."),
    env: { ...process.env, BOURSE_DATA_DIR: dataDir },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
    signal,
  });
  const [stderr, exitCode] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  if (exitCode !== 0 && !signal.aborted) throw new Error(`${name} ended with ${exitCode}: ${stderr}`);
}

async function pageThrough(url: string, signal: AbortSignal): Promise<void> {
  let after: string | number | null = null;
  do {
    const response = await fetch(after === null ? url : `${url}&after=${after}`, { signal });
    if (response.ok) ({ next: after } = (await response.json()) as { next: string | number | null });
    // Shed: the same page again.
    else await Bun.sleep(100);
  } while (after !== null);
}

/** Reads the events from the first on; they never end while there are orders. */
async function followFromStart(url: string, signal: AbortSignal, onPiece: () => void): Promise<void> {
  const response = await fetch(`${url}/events`, { headers: { "last-event-id": "0-0" }, signal });
  for await (const _piece of response.body ?? []) onPiece();
}

/** The largest size of each write-ahead log so far, in bytes, read every 50 ms. */
export function watchLogs(dataDir: string): Disposable & { mostBytes: Record<"catalog" | "order", number> } {
  const mostBytes = { catalog: 0, order: 0 };
  const timer = setInterval(() => {
    for (const name of ["catalog", "order"] as const) {
      const size = statSync(join(dataDir, `${name}.db-wal`), { throwIfNoEntry: false })?.size ?? 0;
      mostBytes[name] = Math.max(mostBytes[name], size);
    }
  }, 50);
  return { mostBytes, [Symbol.dispose]: () => clearInterval(timer) };
}

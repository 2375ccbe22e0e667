import { expect, test } from "bun:test";
import { cpSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import { freePorts } from "../testing/free-ports.ts";
import { serviceNames, startService } from "../testing/market.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { until } from "../testing/until.ts";

const root = join(import.meta.dir, "..");
const code = ["books", "cli", "client", "db", "services", "package.json", "tsconfig.json"];

/** A checkout in a folder of this name: the code is copied, the dependencies are linked. */
function checkoutIn(parent: string, name: string): string {
  const folder = join(parent, name);
  mkdirSync(folder);
  for (const entry of code) cpSync(join(root, entry), join(folder, entry), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

async function run(folder: string, dataDir: string, args: string[]) {
  const child = Bun.spawn([process.execPath, join(folder, "cli/main.ts"), ...args], {
    env: { ...process.env, BOURSE_DATA_DIR: dataDir },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { exitCode: await child.exited, stdout, stderr };
}

test.each(["a b", "a#b", "50% ü", "a%20b", "a'b&c;d"])(
  "a checkout in a folder named %j opens a market, trades, and is backed up, restored and audited",
  async (name) => {
    using temporary = temporaryFolder();
    const folder = checkoutIn(temporary.path, name);
    const [dataDir, copy] = [join(folder, "data"), join(folder, "copy")];
    const [port = 0] = freePorts(1);
    const variables = { BOURSE_DATA_DIR: dataDir, BOURSE_LOG_LEVEL: "info", FRONTEND_PORT: String(port) };
    const market = await startService("market", variables, folder);
    try {
      await until(async () => (await fetch(`${market.url}/readyz`)).ok, 30_000, "the market is ready");
      const response = await fetch(`${market.url}/orders`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ name: "GameStart", type: "buy", quantity: 1 }),
      });
      expect(response.status).toBe(200);
      const file = join(folder, "market.bak");
      expect(await run(folder, dataDir, ["backup", file])).toMatchObject({ exitCode: 0, stderr: "" });
      expect(await run(folder, copy, ["restore", file])).toMatchObject({ exitCode: 0, stderr: "" });
      expect(await run(folder, copy, ["audit", "--files"])).toMatchObject({ exitCode: 0 });
    } finally {
      market.process.kill("SIGTERM");
      expect(await market.process.exited).toBe(0);
    }
    expect(readdirSync(dataDir).toSorted()).toEqual(["catalog.db", "catalog.lock", "order.db", "order.lock"]);
  },
  60_000,
);

test("`bourse start --services` in a folder with all of them at once becomes ready", async () => {
  using temporary = temporaryFolder();
  const folder = checkoutIn(temporary.path, "a b#c%20d 50% ü");
  const environment: Record<string, string> = { BOURSE_DATA_DIR: join(folder, "data") };
  for (const [index, port] of freePorts(serviceNames.length).entries()) {
    const name = serviceNames[index]!.toUpperCase();
    environment[`${name}_PORT`] = String(port);
    environment[`${name}_URL`] = `http://127.0.0.1:${port}`;
  }
  const child = Bun.spawn([process.execPath, join(folder, "cli/main.ts"), "start", "--services"], {
    env: { ...process.env, ...environment },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
  });
  try {
    const isReady = async (): Promise<boolean> => {
      const response = await fetch(`${environment["FRONTEND_URL"]}/readyz`).catch(() => undefined);
      return response?.ok === true;
    };
    await until(isReady, 30_000, "the market is ready");
  } finally {
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
  }
}, 60_000);

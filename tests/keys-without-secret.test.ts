import { expect, test } from "bun:test";
import { join } from "node:path";

import { ask, bearer } from "../testing/http-client.ts";
import { writeKeys } from "../testing/api-keys.ts";
import { serviceNames, spawnService, startMarket } from "../testing/market.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

/** The ports between services take orders for any client: beside API keys they need the service secret. */
test.each(serviceNames)("%s with API keys and no service secret refuses to start", async (name) => {
  using folder = temporaryFolder();
  const keysFile = join(folder.path, "keys.json");
  writeKeys(keysFile, [{ client: "alice", role: "trader" }]);
  const variables = {
    BOURSE_API_KEYS_FILE: keysFile,
    BOURSE_DATA_DIR: folder.path,
    [`${name.toUpperCase()}_PORT`]: "0",
  };
  const service = spawnService(name, variables, "pipe");
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(service.stdout).text(),
    new Response(service.stderr).text(),
    service.exited,
  ]);
  expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
  expect(stderr).toMatch(new RegExp(`^${name}: BOURSE_SERVICE_SECRET must be set [^\n]+\n$`));
});

test("the market in one process needs no secret for its keys: it opens no other port", async () => {
  using folder = temporaryFolder();
  const keysFile = join(folder.path, "keys.json");
  const [key] = writeKeys(keysFile, [{ client: "alice", role: "trader" }]) as [string];
  const variables = { BOURSE_API_KEYS_FILE: keysFile };
  await using market = await startMarket({ shape: "one-process", variables });
  expect((await ask(market.url, "/stocks")).status).toBe(401);
  expect((await ask(market.url, "/stocks", bearer(key))).status).toBe(200);
});

test("the commands that make keys run without a secret", async () => {
  using folder = temporaryFolder();
  const child = Bun.spawn(
    [
      process.execPath,
      join(import.meta.dir, "../cli/main.ts"),
      "keys",
      "create",
      "--client",
      "a",
      "--role",
      "reader",
    ],
    {
      env: { ...process.env, BOURSE_API_KEYS_FILE: join(folder.path, "keys.json"), FRONTEND_HOST: "0.0.0.0" },
      stdout: "ignore",
      stderr: "ignore",
    },
  );
  expect(await child.exited).toBe(0);
});

import { expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { temporaryFolder } from "../testing/temporary-folder.ts";
import { idIn, isKeyOf } from "../services/frontend/access/api-key.ts";
import { secretOf } from "../services/frontend/access/key.fixture.ts";
import { readKeys } from "../services/frontend/access/keys-file.ts";

/** `bun run keys …` with a file in a folder of its own. */
function keysCommand() {
  const folder = temporaryFolder();
  const path = join(folder.path, "keys.json");
  const run = async (args: string[], variables: Record<string, string> = {}) => {
    const child = Bun.spawn([process.execPath, join(import.meta.dir, "main.ts"), "keys", ...args], {
      env: { ...process.env, BOURSE_API_KEYS_FILE: path, ...variables },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr, exitCode] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { stdout, stderr, exitCode };
  };
  const create = async (client: string, role: string, ...more: string[]): Promise<string> => {
    const { stdout } = await run(["create", "--client", client, "--role", role, ...more]);
    return stdout.trim();
  };
  return { path, run, create, [Symbol.dispose]: folder[Symbol.dispose] };
}

test("a key is made, and shown once, on stdout alone", async () => {
  using keys = keysCommand();
  const { stdout, stderr, exitCode } = await keys.run(["create", "--client", "alice", "--role", "trader"]);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^bourse_\S+\n$/);
  const key = stdout.trim();
  const [record] = readKeys(keys.path);
  expect(record).toMatchObject({
    id: idIn(key),
    client: "alice",
    role: "trader",
    rate: 1_000,
    revoked_at: null,
  });
  expect(isKeyOf(key, record!.hash)).toBe(true);
  expect(stderr).toContain(record!.id);
  const everythingElse = stderr + readFileSync(keys.path, "utf8") + (await keys.run(["list"])).stdout;
  expect(everythingElse).not.toContain(secretOf(key));
});

test("list shows every key and no hash; revoke ends one and leaves the rest", async () => {
  using keys = keysCommand();
  const [first, second] = [
    idIn(await keys.create("alice", "reader", "--rate", "5"))!,
    idIn(await keys.create("alice", "admin"))!,
  ];
  expect((await keys.run(["revoke", first])).exitCode).toBe(0);
  const [revoked, kept] = readKeys(keys.path);
  expect([revoked?.id, kept?.id]).toEqual([first, second]);
  expect(revoked?.revoked_at).not.toBeNull();
  expect(kept?.revoked_at).toBeNull();
  const { stdout } = await keys.run(["list"]);
  const lines = stdout.trimEnd().split("\n");
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(new RegExp(`^${first}  alice  reader  5/s .* revoked 20`));
  expect(lines[1]).toMatch(new RegExp(`^${second}  alice  admin  1000/s .* active$`));
  expect(stdout).not.toContain(kept!.hash);
  // Again: it stays revoked since the first time.
  await keys.run(["revoke", first]);
  expect(readKeys(keys.path)[0]).toEqual(revoked);
});

test("revoke names the file behind a link, and says when a frontend will not see it", async () => {
  using keys = keysCommand();
  const behind = join(keys.path, "..", "behind.json");
  symlinkSync(behind, keys.path);
  const id = idIn(await keys.create("alice", "reader"))!;
  chmodSync(behind, 0o644);
  const { stderr } = await keys.run(["revoke", id]);
  expect(stderr).toBe(
    `key ${id} is revoked in ${behind}: a frontend that reads this file ends it within a second\n`,
  );
  expect(readKeys(behind)[0]?.revoked_at).not.toBeNull();
  expect(lstatSync(keys.path).isSymbolicLink()).toBe(true);
  if (process.getuid?.() !== 0) return;
  chmodSync(behind, 0o600);
  const ofRoot = await keys.run(["revoke", id]);
  expect(ofRoot.stderr).toContain(
    `\nwarning: only root can read ${behind}: a frontend of another user does not see`,
  );
  chownSync(behind, 12_345, 12_345);
  expect((await keys.run(["revoke", id])).stderr).not.toContain("warning");
  chmodSync(behind, 0o200);
  expect((await keys.run(["revoke", id])).stderr).toContain(`\nwarning: no user may read ${behind}`);
});

test("of commands at the same time none undoes another", async () => {
  using keys = keysCommand();
  const old = idIn(await keys.create("old", "admin"))!;
  const [made] = await Promise.all([
    Promise.all(Array.from({ length: 5 }, (_, index) => keys.create(`c${index}`, "reader"))),
    keys.run(["revoke", old]),
  ]);
  const kept = readKeys(keys.path);
  expect(kept.map(({ id }) => id).toSorted()).toEqual([old, ...made.map((key) => idIn(key)!)].toSorted());
  expect(kept.find(({ id }) => id === old)?.revoked_at).not.toBeNull();
}, 20_000);

const create = (client: string, role: string, ...more: string[]) => [
  "create",
  "--client",
  client,
  "--role",
  role,
  ...more,
];

test.each<[args: string[], reason: string]>([
  [["create"], "--client"],
  [["create", "--client", "alice"], "--role"],
  [create("alice", "root"), "reader, trader, admin"],
  [create("alice", "Admin"), "reader, trader, admin"],
  [create("", "reader"), "A-Z a-z 0-9"],
  [create("a b", "reader"), "A-Z a-z 0-9"],
  [create("a\nb", "reader"), "A-Z a-z 0-9"],
  [create("a".repeat(65), "reader"), "1 to 64"],
  [create("anonymous", "admin"), "not `anonymous`"],
  [create("alice", "reader", "--rate", "0"), "from 1 to 999999"],
  [create("alice", "reader", "--rate", "1.5"), "from 1 to 999999"],
  [create("alice", "reader", "--rate", "1000000"), "from 1 to 999999"],
  [create("alice", "reader", "extra"), "too many arguments"],
  [create("alice", "reader", "--key", "x"), "unknown option"],
  [["revoke"], "missing required argument"],
  [["revoke", "000000000000"], "there is no key 000000000000"],
  [["remove"], "unknown command"],
])("keys %j is refused", async (args, reason) => {
  using keys = keysCommand();
  const { stdout, stderr, exitCode } = await keys.run(args);
  expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
  expect(stderr).toContain(reason);
  expect(stderr).not.toMatch(/\n\s+at /);
  if (!args.join().includes("\n")) expect(stderr).toMatch(/^[^\n]+\n(\(Did you mean [^\n]+\n)?$/);
  expect(await Bun.file(keys.path).exists()).toBe(false);
});

test.each([[create("alice", "reader")], [["list"]], [["revoke", "000000000000"]]])(
  "keys %j without a file, or with one that cannot be used, is one line and exit 1",
  async (args) => {
    using keys = keysCommand();
    const damaged = join(keys.path, "..", "damaged.json");
    writeFileSync(damaged, "{");
    mkdirSync(`${keys.path}.folder`);
    for (const [file, reason] of [
      ["", "set BOURSE_API_KEYS_FILE"],
      [damaged, "is not in its form"],
      [join(damaged, "keys.json"), "ENOTDIR"],
      [`${keys.path}.folder`, "EISDIR"],
    ] as const) {
      const { stdout, stderr, exitCode } = await keys.run(args, { BOURSE_API_KEYS_FILE: file });
      expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
      expect(stderr).toMatch(/^keys: [^\n]+\n$/);
      expect(stderr).toContain(reason);
    }
  },
);

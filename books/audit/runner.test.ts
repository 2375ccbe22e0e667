import { expect, test } from "bun:test";

import { keptLog } from "../../testing/kept-log.ts";
import { until } from "../../testing/until.ts";
import { keepBooks } from "./books.fixture.ts";
import { AuditRunner, type LatestAudit } from "./runner.ts";
import { liveSource } from "./live-source.ts";
import { FileSource } from "./store.ts";

async function ended(keeper: AuditRunner): Promise<LatestAudit> {
  await until(() => keeper.latest().state !== "running");
  return keeper.latest();
}

test("an audit that is asked for runs, once at a time, and its result stays", async () => {
  using books = await keepBooks(10);
  const source = new FileSource(books.folder);
  const keeper = new AuditRunner(source, keptLog().log);
  expect(keeper.latest()).toEqual({ state: "never", at: null, ok: null, checks: [], problem: null });

  keeper.start();
  keeper.start();
  expect(keeper.latest().state).toBe("running");
  const first = await ended(keeper);
  expect(first).toMatchObject({ state: "done", ok: true, problem: null });
  expect(first.checks.length).toBe(9);

  keeper.start();
  expect(keeper.latest()).toEqual(first);
  await Bun.sleep(1_000);
  keeper.start();
  expect(keeper.latest()).toEqual({ ...first, state: "running" });
  const second = await ended(keeper);
  expect(new Date(second.at ?? 0).getTime()).toBeGreaterThan(new Date(first.at ?? 0).getTime());
  source.close();
});

test("asking starts an audit and shows the one before it, however seldom somebody asks", async () => {
  using books = await keepBooks(1);
  const source = new FileSource(books.folder);
  const keeper = new AuditRunner(source, keptLog().log);
  expect(keeper.ask().state).toBe("running");
  const first = await ended(keeper);
  await Bun.sleep(1_000);
  expect(keeper.ask()).toEqual(first);
  expect(keeper.ask()).toEqual({ ...first, state: "running" });
  await ended(keeper);
  source.close();
});

test("a violation is kept and logged", async () => {
  using books = await keepBooks(10);
  books.change("catalog", "UPDATE stocks SET volume = 0 WHERE name = 'A'");
  const source = new FileSource(books.folder);
  const { log, lines } = keptLog();
  const keeper = new AuditRunner(source, log);
  keeper.start();
  const { ok, checks } = await ended(keeper);
  expect(ok).toBe(false);
  expect(checks.filter((check) => !check.ok).map(({ name }) => name)).toEqual(["conservation"]);
  expect(lines.join("")).toContain("A: volume is 0");
  source.close();
});

test("an audit that cannot be carried out says why, keeps the last result, and can be asked for again", async () => {
  // Port 1 is nobody's: the calls are refused.
  const { log, lines } = keptLog();
  const keeper = new AuditRunner(
    liveSource("http://127.0.0.1:1", "http://127.0.0.1:1", { patienceMs: 300 }),
    log,
  );
  keeper.start();
  expect(await ended(keeper)).toEqual({
    state: "never",
    at: null,
    ok: null,
    checks: [],
    problem: "the order service does not answer",
  });
  expect(lines.join("")).toContain("could not be carried out");
});

test("a keeper that has stopped starts no audit", async () => {
  using books = await keepBooks(1);
  const source = new FileSource(books.folder);
  const keeper = new AuditRunner(source, keptLog().log);
  keeper.start();
  keeper.stop();
  expect((await ended(keeper)).state).toBe("never");
  keeper.start();
  expect(keeper.latest().state).toBe("never");
  source.close();
});

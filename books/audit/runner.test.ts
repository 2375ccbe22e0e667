import { expect, test } from "bun:test";

import { systemClock } from "../../services/runtime/flow/clock.ts";
import { keptLog } from "../../testing/kept-log.ts";
import { until } from "../../testing/until.ts";
import { makeMarketFiles } from "./market-files.fixture.ts";
import { AuditRunner, type LatestAudit } from "./runner.ts";
import { auditedServicesAt } from "./audited-services.ts";
import { liveSource } from "./live-source.ts";
import { FileSource } from "./store.ts";

/** The time changes only when a test advances it, so that no test waits for the rest between two audits. */
function manualClock() {
  let nowMs = 0;
  const clock = { ...systemClock, now: () => nowMs, wallTime: () => 1_000_000 + nowMs };
  return { clock, advance: (ms: number) => void (nowMs += ms) };
}

async function ended(runner: AuditRunner): Promise<LatestAudit> {
  await until(() => runner.latest().state !== "running");
  return runner.latest();
}

test("an audit that is asked for runs, once at a time, and its result stays", async () => {
  using books = await makeMarketFiles(10);
  const source = new FileSource(books.folder);
  const { clock, advance } = manualClock();
  const runner = new AuditRunner(source, keptLog().log, clock);
  expect(runner.latest()).toEqual({ state: "never", at: null, ok: null, checks: [], problem: null });

  runner.start();
  runner.start();
  expect(runner.latest().state).toBe("running");
  const first = await ended(runner);
  expect(first).toMatchObject({ state: "done", ok: true, problem: null });
  expect(first.checks.length).toBe(9);

  runner.start();
  expect(runner.latest()).toEqual(first);
  advance(1_000);
  runner.start();
  expect(runner.latest()).toEqual({ ...first, state: "running" });
  const second = await ended(runner);
  expect(new Date(second.at ?? 0).getTime()).toBeGreaterThan(new Date(first.at ?? 0).getTime());
  source.close();
});

test("asking starts an audit and shows the one before it, however seldom somebody asks", async () => {
  using books = await makeMarketFiles(1);
  const source = new FileSource(books.folder);
  const { clock, advance } = manualClock();
  const runner = new AuditRunner(source, keptLog().log, clock);
  expect(runner.ask().state).toBe("running");
  const first = await ended(runner);
  advance(1_000);
  expect(runner.ask()).toEqual(first);
  expect(runner.ask()).toEqual({ ...first, state: "running" });
  await ended(runner);
  source.close();
});

test("a violation is kept and logged", async () => {
  using books = await makeMarketFiles(10);
  books.change("catalog", "UPDATE stocks SET volume = 0 WHERE name = 'A'");
  const source = new FileSource(books.folder);
  const { log, lines } = keptLog();
  const runner = new AuditRunner(source, log);
  runner.start();
  const { ok, checks } = await ended(runner);
  expect(ok).toBe(false);
  expect(checks.filter((check) => !check.ok).map(({ name }) => name)).toEqual(["conservation"]);
  expect(lines.join("")).toContain("A: volume is 0");
  source.close();
});

test("an audit that cannot be carried out says why, keeps the last result, and can be asked for again", async () => {
  // Nothing listens on port 1: the calls are refused.
  const { log, lines } = keptLog();
  const services = auditedServicesAt("http://127.0.0.1:1", "http://127.0.0.1:1");
  const runner = new AuditRunner(liveSource(services, { retryForMs: 300 }), log);
  runner.start();
  expect(await ended(runner)).toEqual({
    state: "never",
    at: null,
    ok: null,
    checks: [],
    problem: "the order service does not answer",
  });
  expect(lines.join("")).toContain("could not be carried out");
});

test("an audit runner that has stopped starts no audit", async () => {
  using books = await makeMarketFiles(1);
  const source = new FileSource(books.folder);
  const runner = new AuditRunner(source, keptLog().log);
  runner.start();
  runner.stop();
  expect((await ended(runner)).state).toBe("never");
  runner.start();
  expect(runner.latest().state).toBe("never");
  source.close();
});

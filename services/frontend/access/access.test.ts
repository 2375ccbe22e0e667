import { expect, test } from "bun:test";

import { HttpFailure } from "../../runtime/http/http-failure.ts";
import { systemClock } from "../../runtime/flow/clock.ts";
import { Access, chargeBatch } from "./access.ts";
import { issueKey } from "./key.fixture.ts";
import { roles, type Role } from "./roles.ts";

function requestWith(...authorizations: string[]): Request {
  const headers = new Headers();
  for (const authorization of authorizations) headers.append("authorization", authorization);
  return new Request("http://localhost/", { headers });
}

const bearer = (key: string): Request => requestWith(`Bearer ${key}`);

/** What `work` is refused with. */
function refusalOf(work: () => unknown): HttpFailure {
  try {
    work();
  } catch (error) {
    if (error instanceof HttpFailure) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

const { key, record } = issueKey({ client: "alice", role: "trader" });
const { key: otherKey } = issueKey();

test("without keys everybody is one client that may do everything", () => {
  const access = new Access(undefined, systemClock);
  for (const request of [requestWith(), bearer(key), requestWith("nonsense")]) {
    expect(access.admit(request, "admin")).toEqual({ client: "anonymous", role: "admin", headers: {} });
    expect(chargeBatch(access.admit(request, "admin"), 1_000)).toEqual({});
  }
});

test("with a file of no keys nobody gets in", () => {
  expect(refusalOf(() => new Access([], systemClock).admit(requestWith(), "reader")).reason).toBe(
    "unauthorized",
  );
});

test("a key speaks for its client", () => {
  const caller = new Access([record], systemClock).admit(bearer(key), "reader");
  expect(caller).toMatchObject({ client: "alice", role: "trader" });
});

test.each(["Bearer", "bearer", "BEARER", "bEaReR"])("the scheme's case does not matter: %s", (scheme) => {
  expect(new Access([record], systemClock).admit(requestWith(`${scheme} ${key}`), "reader").client).toBe(
    "alice",
  );
});

const revoked = issueKey({ revoked_at: "2026-02-03T04:05:06Z" });
const swapped = key.slice(0, -43) + otherKey.slice(-43);

test.each<[what: string, request: Request]>([
  ["no key", requestWith()],
  ["an empty header", requestWith("")],
  ["the scheme alone", requestWith("Bearer")],
  ["the scheme and a space", requestWith("Bearer ")],
  ["the key without its scheme", requestWith(key)],
  ["another scheme", requestWith(`Basic ${btoa(key)}`)],
  ["two spaces", requestWith(`Bearer  ${key}`)],
  ["something after the key", requestWith(`Bearer ${key} x`)],
  ["the good key and another", requestWith(`Bearer ${key}`, `Bearer ${otherKey}`)],
  ["the good key twice", requestWith(`Bearer ${key}`, `Bearer ${key}`)],
  ["a key that nobody made", bearer(otherKey)],
  ["a known id with another secret", bearer(swapped)],
  ["a known id without a secret", bearer(key.slice(0, -43))],
  ["the hash that is stored", bearer(record.hash)],
  ["the key in capitals", bearer(key.toUpperCase())],
  ["a revoked key", bearer(revoked.key)],
  ["a very long key", bearer(key + "A".repeat(100_000))],
  ["a very long scheme", requestWith("B".repeat(100_000))],
])("%s is unauthorized, and the answer names the scheme", (_, request) => {
  const access = new Access([record, revoked.record], systemClock);
  const { reason, headers } = refusalOf(() => access.admit(request, "reader"));
  expect({ reason, headers }).toEqual({
    reason: "unauthorized",
    headers: { "www-authenticate": 'Bearer realm="bourse"' },
  });
});

const may: [role: Role, needed: Role, allowed: boolean][] = roles.flatMap((role, rank) =>
  roles.map((needed, neededRank): [Role, Role, boolean] => [role, needed, rank >= neededRank]),
);

test.each(may)("a %s that needs to be %s is admitted: %p", (role, needed, allowed) => {
  const { key: ofRole, record: kept } = issueKey({ role });
  const access = new Access([kept], systemClock);
  const admit = () => access.admit(bearer(ofRole), needed);
  if (allowed) expect(admit().role).toBe(role);
  else
    expect(refusalOf(admit)).toMatchObject({
      reason: "forbidden",
      headers: { "ratelimit-remaining": "199999" },
    });
});

const slow = issueKey({ rate: 1 });

test("every answer has the state of the rate limit; past it the answer is 429 with Retry-After", () => {
  const access = new Access([slow.record], systemClock);
  const ask = () => access.admit(bearer(slow.key), "reader").headers;
  expect(ask()).toEqual({ "ratelimit-limit": "2", "ratelimit-remaining": "1", "ratelimit-reset": "1" });
  expect(ask()).toEqual({ "ratelimit-limit": "2", "ratelimit-remaining": "0", "ratelimit-reset": "2" });
  const { reason, headers } = refusalOf(ask);
  expect(reason).toBe("rate_limited");
  expect(headers).toEqual({
    "ratelimit-limit": "2",
    "ratelimit-remaining": "0",
    "ratelimit-reset": "1",
    "retry-after": "1",
  });
});

test("a forbidden call costs as much as an allowed one; a wrong key costs nobody", () => {
  const access = new Access([slow.record], systemClock);
  const wrong = bearer(slow.key.slice(0, -43) + otherKey.slice(-43));
  for (let count = 0; count < 10; count += 1) refusalOf(() => access.admit(wrong, "reader"));
  for (const reason of ["forbidden", "forbidden", "rate_limited"] as const)
    expect(refusalOf(() => access.admit(bearer(slow.key), "admin")).reason).toBe(reason);
});

test("each key has its own limit, also two of one client", () => {
  const second = issueKey({ rate: 1 });
  const access = new Access([slow.record, second.record], systemClock);
  for (const { key: one } of [slow, slow, second, second]) access.admit(bearer(one), "reader");
  for (const { key: one } of [slow, second])
    expect(refusalOf(() => access.admit(bearer(one), "reader")).reason).toBe("rate_limited");
});

test.each([
  [1, 199],
  [10, 190],
  [200, 0],
  [1_000, 0],
])("a batch of %d orders costs its orders, also one past the limit", (orders, left) => {
  const { key: one, record: kept } = issueKey({ rate: 100 });
  const access = new Access([kept], systemClock);
  const headers = chargeBatch(access.admit(bearer(one), "reader"), orders);
  expect(Math.abs(Number(headers["ratelimit-remaining"]) - left)).toBeLessThanOrEqual(2);
  expect(Math.abs(Number(headers["ratelimit-reset"]) - orders / 100)).toBeLessThanOrEqual(1);
});

test("a batch that is not paid for is refused with the time that it needs", () => {
  const access = new Access([slow.record], systemClock);
  access.admit(bearer(slow.key), "reader");
  const caller = access.admit(bearer(slow.key), "reader");
  expect(refusalOf(() => chargeBatch(caller, 1_000))).toMatchObject({
    reason: "rate_limited",
    headers: { "retry-after": "2" },
  });
});

test("a new key works and a revoked one does not, from one moment to the next", () => {
  const access = new Access([record], systemClock);
  const fresh = issueKey();
  access.replaceKeys([{ ...record, revoked_at: "2026-02-03T04:05:06Z" }, fresh.record]);
  expect(refusalOf(() => access.admit(bearer(key), "reader")).reason).toBe("unauthorized");
  expect(access.admit(bearer(fresh.key), "reader").client).toBe(fresh.record.client);
});

test("reading the keys again fills no bucket, and what a key may do now counts", () => {
  const access = new Access([slow.record], systemClock);
  access.admit(bearer(slow.key), "reader");
  access.admit(bearer(slow.key), "reader");
  access.replaceKeys([{ ...slow.record, role: "admin" }]);
  expect(refusalOf(() => access.admit(bearer(slow.key), "reader")).reason).toBe("rate_limited");
  access.replaceKeys([{ ...slow.record, role: "admin", rate: 10 }]);
  expect(access.admit(bearer(slow.key), "admin").role).toBe("admin");
});

test("of a key that is gone nothing is kept", () => {
  const access = new Access([slow.record], systemClock);
  access.admit(bearer(slow.key), "reader");
  access.admit(bearer(slow.key), "reader");
  access.replaceKeys([]);
  access.replaceKeys([slow.record]);
  expect(access.admit(bearer(slow.key), "reader").headers["ratelimit-remaining"]).toBe("1");
});

test("what still goes to a caller ends with its key, and only with its own", () => {
  const access = new Access([record, slow.record], systemClock);
  const { ended } = access.admit(bearer(key), "reader");
  const { ended: slowEnded } = access.admit(bearer(slow.key), "reader");
  access.replaceKeys([{ ...record, rate: 5 }, slow.record]);
  expect([ended?.aborted, slowEnded?.aborted]).toEqual([false, false]);
  access.replaceKeys([{ ...record, revoked_at: "2026-02-03T04:05:06Z" }, slow.record]);
  expect([ended?.aborted, slowEnded?.aborted]).toEqual([true, false]);
  const { hash } = issueKey().record;
  access.replaceKeys([{ ...slow.record, hash }]);
  expect(slowEnded?.aborted).toBe(true);
});

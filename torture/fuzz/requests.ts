import fc from "fast-check";

import { wireVersion, wireVersionHeader } from "../../services/contract/wire-version.ts";
import { serviceNames, type ServiceName } from "../../testing/market.ts";
import { bodiesOf, valuesOf, type MarketIdentity } from "./bodies.ts";
import { calls, type Call } from "./contract.ts";
import { writeMessage } from "./message.ts";
import { badTypes } from "./odd-values.ts";
import { queries, targetsOf } from "./targets.ts";

/** A request to one of the services. */
export interface FuzzRequest {
  service: ServiceName;
  bytes: Buffer;
}

/** The Authorization of the callers of each service; undefined: none. One that is listed more often is used more often. */
export type Credentials = Readonly<Record<ServiceName, readonly (string | undefined)[]>>;

type Header = readonly [name: string, value: string];
type Headers = fc.Arbitrary<readonly Header[]>;

const methods = "GET POST HEAD PUT DELETE PATCH OPTIONS TRACE PROPFIND".split(" ");

const oneHeader = (name: string, values: fc.Arbitrary<string>): Headers =>
  values.map((value) => [[name, value]]);
const named = (name: string, ...values: string[]): Headers => oneHeader(name, fc.constantFrom(...values));
const none: Headers = fc.constant([]);
const mostly = (usual: Headers, weight: number, ...odd: Headers[]): Headers =>
  fc.oneof({ weight, arbitrary: usual }, ...odd.map((arbitrary) => ({ weight: 1, arbitrary })));

const types = mostly(
  named("Content-Type", "application/json"),
  12,
  named("Content-Type", "application/json; charset=utf-8", 'Application/JSON ;charset="UTF-8"', ...badTypes),
  none,
  fc.constant([
    ["Content-Type", "application/json"],
    ["content-type", "application/json"],
  ]),
);

const freshKey = fc.bigInt({ min: 0n, max: 2n ** 64n }).map((bits) => bits.toString(36));
const keys = mostly(
  none,
  4,
  oneHeader(
    "Idempotency-Key",
    freshKey.map((text) => `k-${text}`),
  ),
  oneHeader(
    "Idempotency-Key",
    freshKey.map((text) => `k-${text}`),
  ),
  named("Idempotency-Key", "pool-1", "pool-2", "pool-3", "~".repeat(251), "~".repeat(252), "~".repeat(255)),
  named("Idempotency-Key", "", "a b", "a\tb", "\xe9", "~".repeat(256), "\x80"),
  fc.constant([
    ["Idempotency-Key", "twice"],
    ["idempotency-key", "twice"],
  ]),
);

const fillers = mostly(
  none,
  40,
  fc
    .constantFrom(1, 50, 90, 96, 97, 98, 99, 100, 101, 150)
    .map((count) => Array.from({ length: count }, (_, index): Header => [`X-Zq9xMark-${index}`, "v"])),
  named("X-Long", "v".repeat(2_000), "v".repeat(12_000)),
);

const others = mostly(
  none,
  6,
  named("Cache-Control", "no-cache", "no-store", "max-age=0, no-cache", "\xff"),
  named("Accept", "text/csv", "application/x-ndjson", "*/*;q=0", "Zq9xMark", "a".repeat(500)),
  named("Last-Event-ID", "0-0", "3-10", "99999999-1", "1-1-1", "-1-0", "", "9007199254740993-0", "Zq9xMark"),
  named("Content-Encoding", "identity", "gzip", "br, identity", ""),
  named("Cookie", "a=b; __proto__=1; a=c", "=", ";;;", `s=${"x".repeat(300)}`),
  named("Origin", "http://elsewhere.example", "null"),
  named("X-Forwarded-For", "10.0.0.1, Zq9xMark"),
  named("__proto__", "1"),
);

/** Calls between services carry it. */
const version = mostly(
  named(wireVersionHeader, wireVersion),
  40,
  none,
  named(wireVersionHeader, "0".repeat(12), "Zq9xMark", ""),
);

const host = mostly(named("Host", "localhost"), 20, named("Host", "x", "a.example:80", "[::1]", "a/b?c#d"));

/** Requests to every call of every service, drawn from the contract's schemas; about half of them valid. */
export function requests(identity: MarketIdentity, credentials: Credentials): fc.Arbitrary<FuzzRequest> {
  const values = valuesOf(identity);
  const ofCall = (service: ServiceName, call: Call): fc.Arbitrary<FuzzRequest> => {
    const body = values[`${service} ${call.path}`];
    const some = body ? bodiesOf(body) : fc.constant(Buffer.from('{"a":1}'));
    const usual = call.method === "POST" ? 30 : 0;
    return fc
      .record({
        method: fc.oneof(
          { weight: 20, arbitrary: fc.constant(call.method) },
          { weight: 1, arbitrary: fc.constantFrom(...methods) },
        ),
        target: targetsOf(call),
        query: call.method === "GET" ? queries : fc.constant(""),
        shown: fc.constantFrom(...credentials[service]),
        headers: fc.tuple(
          host,
          service === "frontend" ? none : version,
          call.method === "POST" ? types : none,
          keys,
          fillers,
          others,
          others,
        ),
        body: fc.oneof(
          { weight: usual, arbitrary: some },
          { weight: 1, arbitrary: some },
          { weight: usual > 0 ? 1 : 30, arbitrary: fc.constant(undefined) },
        ),
        pieces: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 5 })),
      })
      .map(({ method, target, query, shown, headers, body: content, pieces }): FuzzRequest => {
        const authorization: Header[] = shown === undefined ? [] : [["Authorization", shown]];
        const all = [...headers.slice(0, 1).flat(), ...authorization, ...headers.slice(1).flat()];
        const message = { method, target: target + query, headers: all, ...(content && { body: content }) };
        return { service, bytes: writeMessage(message, content ? pieces : 0) };
      });
  };
  return fc.oneof(
    ...serviceNames.flatMap((service) =>
      calls[service].map((call) => ({ weight: weightOf(service, call), arbitrary: ofCall(service, call) })),
    ),
  );
}

function weightOf(service: ServiceName, { method, path }: Call): number {
  // An audit reads all the books, and a stream costs its connection.
  if (path === "/audit" || path === "/feed" || path === "/events") return 1;
  return (service === "frontend" ? 4 : 2) * (method === "POST" ? 3 : 1);
}

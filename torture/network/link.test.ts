import { afterEach, beforeEach, expect, test } from "bun:test";

import { Random } from "../../testing/random.ts";
import { freePorts } from "../../testing/free-ports.ts";
import { Link } from "./link.ts";
import { orderKeysIn } from "./requests.ts";
import type { NetworkFault, NetworkFaultKind } from "./network-fault.ts";

let server: Bun.Server<undefined>;
let link: Link;
let arrived: string[];
let copied: string[];

beforeEach(() => {
  arrived = [];
  copied = [];
  server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const text = await request.text();
      arrived.push(text);
      return new Response(`got ${text}`);
    },
  });
  link = new Link({
    port: freePorts(1)[0]!,
    targetPort: server.port!,
    random: new Random(1),
    reorderMs: 10_000,
    onCopy: (request) => copied.push(...orderKeysIn(request)),
  });
});
afterEach(async () => {
  link.close();
  await server.stop(true);
});

/** What the client gets: the answer, or `broken`. */
const ask = (text: string): Promise<string> =>
  fetch(`${link.url}/orders`, {
    method: "POST",
    body: text,
    headers: { "idempotency-key": `key-${text}` },
  }).then(
    (response) => response.text(),
    () => "broken",
  );

const faultOfKind = (kind: NetworkFaultKind): NetworkFault => ({
  kind,
  share: 1,
  delayMs: 60_000,
  lastsMs: 0,
});

test.each<[NetworkFaultKind, answers: string, arrivals: number]>([
  ["cut-before", "broken", 0],
  ["cut-request", "broken", 0],
  ["cut-after", "broken", 1],
  ["cut-reply", "broken", 1],
  ["refuse", "broken", 0],
  ["duplicate", "got x", 2],
  ["stale-copy", "got x", 1],
])("%s: a client gets %p, and its request arrives %i times", async (kind, answer, arrivals) => {
  link.startFault(faultOfKind(kind));
  expect(await ask("x")).toBe(answer);
  await Bun.sleep(50);
  expect(arrived).toHaveLength(arrivals);
  expect(await link.endFault()).toBe(1);
  expect(await ask("after")).toBe("got after");
});

test.each<[NetworkFaultKind, answer: string]>([
  ["delay-request", "got x"],
  ["delay-reply", "got x"],
  ["lose-requests", "broken"],
  ["lose-replies", "broken"],
  ["half-open", "broken"],
])("%s: no answer until the fault ends, and then %p", async (kind, answer) => {
  link.startFault(faultOfKind(kind));
  const asked = ask("x");
  expect(await Promise.race([asked, Bun.sleep(50)])).toBeUndefined();
  await link.endFault();
  expect(await asked).toBe(answer);
});

test("requests that are reordered arrive the last first", async () => {
  link.startFault(faultOfKind("reorder-requests"));
  const asked = [];
  for (const text of ["1", "2", "3", "4"]) {
    asked.push(ask(text));
    await Bun.sleep(10);
  }
  expect(await Promise.all(asked)).toEqual(["got 1", "got 2", "got 3", "got 4"]);
  expect(arrived).toEqual(["4", "3", "2", "1"]);
});

test("a copy that was kept arrives when it is delivered, and its key is reported", async () => {
  link.startFault(faultOfKind("stale-copy"));
  await ask("x");
  await link.endFault();
  expect([arrived, copied]).toEqual([["x"], ["key-x"]]);
  expect(link.deliverKept()).toBe(1);
  await Bun.sleep(50);
  expect(arrived).toEqual(["x", "x"]);
});

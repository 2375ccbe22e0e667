import { treaty } from "@elysiajs/eden";
import { expect, test } from "bun:test";
import { Elysia, sse } from "elysia";

import { errorBody } from "../../contract/errors.ts";
import { treatyOptions } from "./treaty-options.ts";
import { peerHeaders } from "./wire-version.ts";

const secret = "0123456789abcdef0123456789abcdef";
const at = "2026-01-01T00:00:00.000Z";

const shape = () =>
  new Elysia()
    .get("/headers", ({ headers }) => ({ ...headers }))
    .get("/date", () => ({ at, digits: "007" }))
    .get("/fails", ({ set }) => {
      set.status = 409;
      return errorBody("stale_epoch");
    })
    .get("/feed", function* () {
      yield sse({ data: { kind: "head", at } });
    });
type Shape = ReturnType<typeof shape>;

async function withPeer(use: (peer: ReturnType<typeof treaty<Shape>>) => Promise<void>): Promise<void> {
  const app = shape().listen({ hostname: "127.0.0.1", port: 0 });
  try {
    await use(treaty<Shape>(`http://127.0.0.1:${app.server?.port}`, treatyOptions(secret)));
  } finally {
    await app.server?.stop(true);
  }
}

test("every call carries the wire version and the service secret", () =>
  withPeer(async (peer) => {
    expect((await peer.headers.get()).data).toMatchObject(peerHeaders(secret));
  }));

test("texts that look like dates or numbers stay texts, in replies and in events", () =>
  withPeer(async (peer) => {
    expect((await peer.date.get()).data).toEqual({ at, digits: "007" });
    const events: unknown[] = [];
    for await (const event of (await peer.feed.get()).data ?? []) events.push(event);
    expect(events).toEqual([{ data: { kind: "head", at } }]);
  }));

test("a failure is its status and its body", () =>
  withPeer(async (peer) => {
    const { data, error } = await peer.fails.get();
    expect(data).toBeNull();
    expect(error as unknown).toMatchObject({ status: 409, value: errorBody("stale_epoch") });
  }));

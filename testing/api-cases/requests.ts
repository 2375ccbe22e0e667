import assert from "node:assert/strict";

import { parseEvents, type StreamEvent } from "../event-follower.ts";
import type { Api } from "../http-client.ts";

export const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

// oxlint-disable-next-line typescript/no-explicit-any -- a test looks into whatever came
type Json = any;

export interface Got {
  response: Response;
  text: string;
  body: Json;
}

/** A request, and its answer read to the end. */
export async function get(api: Api, path: string, init: RequestInit = {}): Promise<Got> {
  const response = await api.fetch(path, init);
  const text = await response.text();
  return { response, text, body: text === "" ? undefined : JSON.parse(text) };
}

/** The answer is the error body of this status and reason, with a message and nothing else. */
export function assertFailure(
  { status, body }: { status: number; body: Json },
  code: number,
  reason: string,
): void {
  const { message, ...error } = body.error;
  assert.deepEqual([status, Object.keys(body)], [code, ["error"]]);
  assert.deepEqual(error, { code, reason });
  assert.equal(typeof message, "string");
}

export interface Row {
  number: number;
  name: string;
  type: string;
  quantity: number;
  price: number;
}

/** Follows `next` to the end; how many pages there were, and their rows (of stocks or of orders). */
export async function pages(
  api: Api,
  path: string,
  query: Record<string, string>,
): Promise<{ rows: Row[]; count: number }> {
  const rows: Row[] = [];
  let after: string | number | null = null;
  for (let count = 1; ; count += 1) {
    const parameters = new URLSearchParams({ ...query, ...(after !== null && { after: String(after) }) });
    const { response, body } = await get(api, `${path}?${parameters}`);
    assert.equal(response.status, 200);
    rows.push(...body.data);
    if (body.next === null) return { rows, count };
    assert.notEqual(body.next, after);
    after = body.next;
  }
}

/** The events of a new stream, up to the first that `isLast` resolves with true for. */
export async function eventsUntil(
  api: Api,
  path: string,
  headers: Record<string, string>,
  isLast: (event: StreamEvent) => boolean | Promise<boolean>,
): Promise<StreamEvent[]> {
  const connection = new AbortController();
  const response = await api.fetch(path, { headers, signal: connection.signal });
  assert.equal(response.status, 200);
  const events: StreamEvent[] = [];
  for await (const event of parseEvents(response.body!.values({ preventCancel: true }))) {
    events.push(event);
    if (await isLast(event)) break;
  }
  connection.abort();
  return events;
}

import { Elysia } from "elysia";
import { Type } from "@sinclair/typebox";

import type { RuntimeContext } from "../../runtime/context.ts";
import type { Access } from "../access/access.ts";
import type { MarketLogs } from "../events/market-logs.ts";
import { eventsHeaders, eventsReply } from "../events/reply.ts";
import { StreamLimit, type StreamLimits } from "../events/stream-limit.ts";
import { admitting } from "./caller.ts";
import { documented } from "./documentation.ts";
import { queryOf, readEventPosition } from "./query.ts";

export interface EventDeps {
  access: Access;
  logs: MarketLogs;
  context: Pick<RuntimeContext, "clock">;
}

const Position = Type.String({ pattern: "^[0-9]{1,16}-[0-9]{1,16}$" });
const PositionOrEmpty = Type.Union([Position, Type.Literal("")]);

const eventsCall = documented({
  summary: "All trades and stock changes, as they happen",
  description:
    "Server-sent events `hello`, `trade`, `stock` and `reset`. The id of an event is the position after it. While the catalog or the order service is away, the stream carries only comments, or ends: reconnect after its `retry`.",
  tag: "events",
  role: "reader",
  parameters: [
    {
      name: "Last-Event-ID",
      in: "header",
      description: "Resume after this position. Browsers send it when they reconnect. Empty: none.",
      schema: PositionOrEmpty,
    },
    {
      name: "lastEventId",
      in: "query",
      description: "The same, for clients that cannot set the header.",
      schema: PositionOrEmpty,
    },
    {
      name: "after",
      in: "query",
      description: "The same, for the first connection; the two above count more. Default: from now on.",
      schema: Position,
    },
  ],
  success: {
    description: "A stream that does not end by itself.",
    contentType: "text/event-stream",
    schema: Type.String(),
    example: 'id: 17-10\nevent: hello\ndata: {"trades":17,"changes":10}\n\n',
  },
  failures: ["overloaded"],
});

/** A stream holds at most some 100 kB when its client does not read: together some 50 MB. */
export const streamLimits: StreamLimits = { inAll: 500, perClient: 100 };

export function eventRoutes({ access, logs, context }: EventDeps) {
  const streams = new StreamLimit(streamLimits);
  return new Elysia({ normalize: false }).use(admitting(access, "reader")).get(
    "/events",
    ({ request, caller: { client, ended } }) => {
      const from = readEventPosition(request.headers, queryOf(request.url));
      if (request.method === "HEAD") return new Response(null, { headers: eventsHeaders });
      const leave = streams.enter(client);
      const signal = ended ? AbortSignal.any([request.signal, ended]) : request.signal;
      return eventsReply({ logs, clock: context.clock, from, signal }, leave);
    },
    eventsCall,
  );
}

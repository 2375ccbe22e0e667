/** One event of the public stream. */
export interface StreamEvent {
  id: string;
  event: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- a test looks into whatever came
  data: any;
}

export interface EventFollower {
  events: StreamEvent[];
  /** Times that it connected. */
  connections: number;
  /** Cuts its own connection; it reconnects as after any cut. */
  drop(): void;
  stop(): Promise<void>;
}

const reconnectMs = 50;

/**
 * Follows `/events` as any client would: a fetch, a parser, and Last-Event-ID to resume with after every cut. A `url`
 * that is a function is asked for an address each time.
 */
export function followEvents(url: string | (() => string), from?: string): EventFollower {
  let lastId = from;
  let isStopped = false;
  let connection = new AbortController();

  const followOnce = async (): Promise<void> => {
    connection = new AbortController();
    const headers = lastId === undefined ? {} : { "last-event-id": lastId };
    const response = await fetch(`${typeof url === "string" ? url : url()}/events`, {
      headers,
      signal: connection.signal,
    });
    if (!response.ok) return void (await response.text());
    follower.connections += 1;
    for await (const event of parseEvents(response.body!)) {
      lastId = event.id;
      follower.events.push(event);
    }
  };
  const follow = async (): Promise<void> => {
    while (!isStopped) {
      // However a connection ends, the next one begins at the last id.
      await followOnce().catch(() => undefined);
      await Bun.sleep(reconnectMs);
    }
  };
  const follower: EventFollower = {
    events: [],
    connections: 0,
    drop: () => connection.abort(),
    async stop() {
      isStopped = true;
      connection.abort();
      await following;
    },
  };
  const following = follow();
  return follower;
}

/** The complete events of a stream, as they arrive; an event that is cut in the middle is dropped. */
export async function* parseEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const frames = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
    rest = frames.pop() ?? "";
    for (const frame of frames) {
      const fields = Object.fromEntries(
        frame.split("\n").map((line) => {
          const colon = line.indexOf(": ");
          return [line.slice(0, colon), line.slice(colon + 2)];
        }),
      );
      if (fields["id"] !== undefined && fields["event"] !== undefined)
        yield { id: fields["id"], event: fields["event"], data: JSON.parse(fields["data"] ?? "") };
    }
  }
}

/** The stocks by name, as they follow from the events alone. */
export function stocksOf(events: readonly StreamEvent[]): Map<string, Record<string, unknown>> {
  const stocks = new Map<string, Record<string, unknown> & { version: number; volume: number }>();
  for (const { event, data } of events) {
    const { name } = data;
    const known = stocks.get(name);
    if (event === "stock") {
      const { change: _change, kind: _kind, at: _at, ...state } = data;
      if (!known || state.version > known.version) stocks.set(name, state);
    }
    if (event === "trade" && known && data.stock_version > known.version)
      stocks.set(name, {
        ...known,
        price: data.price,
        quantity: data.quantity_after,
        volume: known.volume + data.quantity,
        version: data.stock_version,
      });
  }
  return stocks;
}

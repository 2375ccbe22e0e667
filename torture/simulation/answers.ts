/** What came of a request. Without a status no answer came. */
export interface Answer {
  status?: number;
  text: string;
}

interface Body {
  data?: Record<string, unknown>;
  error?: { reason: string };
}

/** Asks the frontend. Never rejects. */
export async function ask(path: string, init: RequestInit): Promise<Answer> {
  try {
    const response = await fetch(`http://frontend${path}`, init);
    return { status: response.status, text: await response.text() };
  } catch {
    return { text: "{}" };
  }
}

export function placing(key: string, order: object, timeoutMs: number): RequestInit {
  return {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify(order),
    signal: AbortSignal.timeout(timeoutMs),
  };
}

/** The version at which a stock is shown, if it is. */
export async function versionOf(
  name: string,
  headers: Record<string, string> = {},
): Promise<number | undefined> {
  const { text } = await ask(`/stocks/${name}`, { headers, signal: AbortSignal.timeout(3_000) });
  const version = dataIn(text)?.["version"];
  return typeof version === "number" ? version : undefined;
}

export function reasonIn(text: string): string | undefined {
  return (JSON.parse(text) as Body).error?.reason;
}

export function dataIn(text: string): Record<string, unknown> | undefined {
  return (JSON.parse(text) as Body).data;
}

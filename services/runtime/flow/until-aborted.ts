import type { Reply } from "../../contract/reply.ts";

/** The reply; `arrived: "maybe"` when `signal` fires first, because the call may still be carried out. */
export async function untilAborted<T>(
  reply: Promise<Reply<T>>,
  signal: AbortSignal | undefined,
): Promise<Reply<T>> {
  if (!signal) return reply;
  const { promise, resolve } = Promise.withResolvers<Reply<T>>();
  const giveUp = (): void => resolve({ ok: false, arrived: "maybe" });
  if (signal.aborted) giveUp();
  signal.addEventListener("abort", giveUp);
  try {
    return await Promise.race([reply, promise]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

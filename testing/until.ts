import { setTimeout as sleep } from "node:timers/promises";

const pollMs = 5;

/** Asks again until `condition` holds; a throw counts as not yet. Rejects after `timeoutMs`, naming `what`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
  what = "a condition",
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    if (await holds(condition)) return;
    await sleep(pollMs);
  }
  throw new Error(`${what}: not within ${timeoutMs} ms`);
}

async function holds(condition: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    return await condition();
  } catch {
    return false;
  }
}

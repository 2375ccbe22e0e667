import { createRequire } from "node:module";

import type { CampaignContext } from "./campaign.ts";

/** What is used of cli-progress, which brings no types. */
interface CliProgress {
  SingleBar: new (options: { format: string; stream: NodeJS.WriteStream; clearOnComplete: boolean }) => {
    start(total: number, value: number, payload: object): void;
    update(value: number, payload: object): void;
    stop(): void;
  };
}

export interface Progress {
  tell: CampaignContext["progress"];
  stop(): void;
}

const lineEveryMs = 5_000;

/** Where a bar is full. */
const whole = 1_000;

/**
 * Shows on standard error how far a campaign is: a bar on a terminal, elsewhere a plain line every few seconds. It goes
 * by what is done or by the time, whichever comes to its end first.
 */
export function startProgress(campaign: string, limitMs = Infinity): Progress {
  const startedMs = performance.now();
  const show = process.stderr.isTTY ? startBar(campaign) : startLines(campaign);
  return {
    tell(done, of, note = "") {
      const tookMs = performance.now() - startedMs;
      const count = of === Number.MAX_SAFE_INTEGER ? String(done) : `${done} of ${of}`;
      const time = limitMs === Infinity ? "" : `${minutes(tookMs)} of ${minutes(limitMs)} minutes`;
      const text = [count, time, note].filter((part) => part !== "").join(", ");
      show.update(Math.min(1, Math.max(done / of, tookMs / limitMs)), text);
    },
    stop: show.stop,
  };
}

function minutes(ms: number): string {
  return (ms / 60_000).toFixed(1);
}

interface Show {
  update(share: number, text: string): void;
  stop(): void;
}

function startBar(campaign: string): Show {
  const { SingleBar } = createRequire(import.meta.url)("cli-progress") as CliProgress;
  const format = `${campaign} {bar} {text}`;
  const bar = new SingleBar({ format, stream: process.stderr, clearOnComplete: true });
  bar.start(whole, 0, { text: "" });
  return {
    update: (share, text) => bar.update(Math.floor(share * whole), { text }),
    stop: () => bar.stop(),
  };
}

function startLines(campaign: string): Show {
  let saidAt = performance.now();
  return {
    update(_, text) {
      if (performance.now() - saidAt < lineEveryMs) return;
      saidAt = performance.now();
      process.stderr.write(`${campaign}: ${text}\n`);
    },
    stop: () => undefined,
  };
}

import { createRequire } from "node:module";

import type { CampaignContext } from "./campaign.ts";

/** What is used of cli-progress, which brings no types. */
interface CliProgress {
  SingleBar: new (options: { format: string; stream: NodeJS.WriteStream; clearOnComplete: boolean }) => {
    start(total: number, value: number, payload: object): void;
    setTotal(total: number): void;
    update(value: number, payload: object): void;
    stop(): void;
  };
}

export interface Progress {
  tell: CampaignContext["progress"];
  stop(): void;
}

const lineEveryMs = 5_000;

/** Shows on standard error how far a campaign is: a bar on a terminal, elsewhere a plain line every few seconds. */
export function startProgress(campaign: string): Progress {
  return process.stderr.isTTY ? startBar(campaign) : startLines(campaign);
}

function startBar(campaign: string): Progress {
  const { SingleBar } = createRequire(import.meta.url)("cli-progress") as CliProgress;
  const format = `${campaign} {bar} {value}/{total} {note}`;
  const bar = new SingleBar({ format, stream: process.stderr, clearOnComplete: true });
  bar.start(1, 0, { note: "" });
  return {
    tell(done, of, note = "") {
      bar.setTotal(of);
      bar.update(done, { note });
    },
    stop: () => bar.stop(),
  };
}

function startLines(campaign: string): Progress {
  let saidAt = performance.now();
  return {
    tell(done, of, note = "") {
      if (performance.now() - saidAt < lineEveryMs) return;
      saidAt = performance.now();
      const total = of === Number.MAX_SAFE_INTEGER ? "" : ` of ${of}`;
      process.stderr.write(`${campaign}: ${done}${total} ${note}\n`);
    },
    stop: () => undefined,
  };
}

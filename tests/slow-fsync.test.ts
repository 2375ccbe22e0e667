import { expect, test } from "bun:test";
import { peerHeaders } from "../services/runtime/http/wire-version.ts";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { orderLike } from "../services/contract/order.fixture.ts";
import { genesisOf } from "../services/contract/trade.ts";
import { catalogPeer } from "../services/order/peers.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { startService } from "../testing/market.ts";

const slowMs = 800;

// Every sync of this process takes `slowMs` for as long as the file named by SLOW_SYNC_WHILE exists.
const source = `#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>
static int slowly(const char *name, int fd) {
  const char *flag = getenv("SLOW_SYNC_WHILE");
  if (flag && access(flag, F_OK) == 0) usleep(${slowMs} * 1000);
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  return real(fd);
}
int fsync(int fd) { return slowly("fsync", fd); }
int fdatasync(int fd) { return slowly("fdatasync", fd); }
`;

const compiler = process.platform === "linux" ? Bun.which("cc") : null;

test.skipIf(!compiler)(
  "a lookup during a slow fsync returns at once with the committed state (needs Linux and a C compiler)",
  async () => {
    using folder = temporaryFolder();
    const library = join(folder.path, "slow.so");
    const flag = join(folder.path, "slow");
    writeFileSync(join(folder.path, "slow.c"), source);
    const compiled = Bun.spawnSync([compiler!, "-shared", "-fPIC", "-o", library, "slow.c", "-ldl"], {
      cwd: folder.path,
    });
    expect(compiled.stderr.toString()).toBe("");

    const service = await startService("catalog", {
      BOURSE_DATA_DIR: folder.path,
      CATALOG_PORT: "0",
      LD_PRELOAD: library,
      SLOW_SYNC_WHILE: flag,
    });
    try {
      const peer = catalogPeer(service.url);
      const market = await peer.acquireEpoch({ market_id: null, epoch: 0, ledger: { number: 0, chain: "" } });
      if (!market.ok) throw new Error("no epoch was granted");
      const first = await peer.trades(0, 1_000);
      expect(first).toEqual({ ok: true, data: { trades: [] } });

      writeFileSync(flag, "");
      const started = performance.now();
      let tookMs = 0;
      const ledger = { number: 0, chain: genesisOf(market.data.market_id) };
      const batch = { ...market.data, ledger, orders: [orderLike({ name: "GameStart", quantity: 40 })] };
      const decided = peer.decide(batch, new AbortController().signal).then((reply) => {
        tookMs = performance.now() - started;
        return reply;
      });

      let lookups = 0;
      let slowestMs = 0;
      while (tookMs === 0) {
        const asked = performance.now();
        const quantity = await quantityOf(service.url);
        const now = performance.now();
        // From here on it may be committed, and its answer on the way.
        if (now - started >= slowMs) break;
        slowestMs = Math.max(slowestMs, now - asked);
        lookups += 1;
        expect(quantity).toBe(100);
        await Bun.sleep(5);
      }
      expect(await decided).toMatchObject({
        ok: true,
        data: { decisions: [{ kind: "compact", number: 1 }] },
      });
      rmSync(flag);
      expect(tookMs).toBeGreaterThanOrEqual(slowMs);
      expect(lookups).toBeGreaterThan(10);
      expect(slowestMs).toBeLessThan(slowMs / 2);
      expect(await quantityOf(service.url)).toBe(60);
    } finally {
      service.process.kill("SIGTERM");
      await service.process.exited;
    }
  },
);

async function quantityOf(url: string): Promise<unknown> {
  return (await (await fetch(`${url}/stocks/GameStart`, { headers: peerHeaders(undefined) })).json())
    .quantity;
}

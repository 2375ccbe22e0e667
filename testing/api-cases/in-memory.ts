import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { parseOpening } from "../../services/catalog/opening.ts";
import { changeKeys } from "../../services/frontend/access/keys-file.ts";
import { startMemoryMarket } from "../../services/memory-market.ts";
import { systemContext } from "../../services/runtime/context.ts";
import { writeKeys } from "../api-keys.ts";
import { keptLog } from "../kept-log.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import type { ApiNeeds, OpenedApi } from "./suite.ts";

const openingList = fileURLToPath(new URL("../../db/stocks.csv", import.meta.url));

/** A market in memory, in this thread. */
export async function openInMemory({ opening, keys: wanted }: ApiNeeds): Promise<OpenedApi> {
  const folder = temporaryFolder();
  const apiKeysFile = wanted && join(folder.path, "keys.json");
  if (apiKeysFile) changeKeys(apiKeysFile, () => []);
  const keys = apiKeysFile ? writeKeys(apiKeysFile, wanted) : [];
  const market = startMemoryMarket(systemContext(keptLog().log), {
    opening: opening ?? parseOpening(readFileSync(openingList, "utf8")),
    config: { apiKeysFile },
  });
  await market.ready();
  return {
    keys,
    fetch: (path, init) => market.fetch(new Request(`http://localhost${path}`, init)),
    async close() {
      await market.stop();
      folder[Symbol.dispose]();
    },
  };
}

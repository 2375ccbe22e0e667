import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { ask, bearer } from "../http-client.ts";
import { startKeyedMarket } from "../keyed-market.ts";
import { startMarket, type Market } from "../market.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { until } from "../until.ts";
import type { ApiNeeds, OpenedApi } from "./suite.ts";

/** A market of real processes, over HTTP, in the shape of `startMarket`. */
export interface HttpApi extends OpenedApi {
  market: Market;
}

export async function openOverHttp({ opening, keys }: ApiNeeds): Promise<HttpApi> {
  if (keys) {
    const market = await startKeyedMarket();
    const made = market.addKeys(...keys);
    const last = bearer(made.at(-1) ?? "");
    await until(async () => (await ask(market.url, "/stocks", last)).ok, 10_000, "the keys are read");
    return apiOf(market, made);
  }
  const folder = temporaryFolder();
  const variables: Record<string, string> = {};
  if (opening) {
    const path = join(folder.path, "stocks.csv");
    const lines = opening.map(
      ({ name, priceCents, quantity }) => `${name},${priceCents / 100},${quantity}\n`,
    );
    writeFileSync(path, `name,price,quantity\n${lines.join("")}`);
    variables["BOURSE_STOCKS_FILE"] = path;
  }
  return apiOf(await startMarket({ variables }), [], folder);
}

function apiOf(market: Market, keys: readonly string[], folder?: Disposable): HttpApi {
  return {
    market,
    keys,
    fetch: (path, init) => fetch(market.url + path, init),
    async close() {
      await market.stop();
      folder?.[Symbol.dispose]();
    },
  };
}

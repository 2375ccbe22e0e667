import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { wireVersion, wireVersionHeader } from "../../services/contract/wire-version.ts";
import { bearer } from "../../testing/http-client.ts";
import { serviceSecret, writeKeys, type WantedKey } from "../../testing/keyed-market.ts";
import { serviceNames, type ServiceName } from "../../testing/market.ts";
import { atExit } from "../../testing/at-exit.ts";
import { SupervisedMarket, type MarketOptions } from "../supervised-market.ts";
import type { Founding } from "./bodies.ts";
import type { Place } from "./exchange.ts";
import { marker } from "./judge-answer.ts";
import type { Caller, Guard } from "./oracle.ts";
import type { Credentials } from "./requests.ts";

/** A market with all that its fuzzer must know of it. */
export interface Arena extends AsyncDisposable {
  market: SupervisedMarket;
  places: Readonly<Record<ServiceName, Place>>;
  credentials: Credentials;
  founding: Founding;
  /** What a client shows that may trade; undefined where nobody shows anything. */
  trader: string | undefined;
}

const junk = ["", "Bearer", `Bearer ${marker}`, "Basic YTpi", `Bearer bourse_0123456789ab_${"A".repeat(43)}`];
const shown = (key: string): string => bearer(key)["authorization"] ?? "";

/** A market for one person on one machine: no keys, no secret. */
export async function openArena({ codeDir }: Pick<MarketOptions, "codeDir">): Promise<Arena> {
  const market = await SupervisedMarket.start({ codeDir });
  const everybody = [undefined, undefined, ...junk];
  return arenaOf(market, {
    guards: { frontend: {}, catalog: {}, order: {} },
    credentials: { frontend: everybody, catalog: everybody, order: everybody },
    trader: undefined,
    [Symbol.asyncDispose]: () => market[Symbol.asyncDispose](),
  });
}

const wanted: readonly (WantedKey & { isFast?: boolean; weight: number })[] = [
  { client: "alice", role: "trader", weight: 12 },
  { client: "bob", role: "trader", weight: 4 },
  { client: "root", role: "admin", weight: 3 },
  { client: "watcher", role: "reader", weight: 4 },
  { client: "alice", role: "trader", rate: 5, isFast: true, weight: 2 },
];

/** A market that is run for others: API keys with roles and rates, and a service secret. */
export async function keyedArena({ codeDir }: Pick<MarketOptions, "codeDir">): Promise<Arena> {
  const folder = mkdtempSync(join(tmpdir(), "bourse-fuzz-"));
  const files = atExit(() => rmSync(folder, { recursive: true, force: true }));
  const keysFile = join(folder, "keys.json");
  const callers = new Map<string, Caller>();
  const often: string[] = [];
  for (const [index, key] of writeKeys(keysFile, wanted).entries()) {
    const { client, role, isFast = false, weight } = wanted[index] as (typeof wanted)[number];
    callers.set(shown(key), { client, role, isFast });
    often.push(...Array<string>(weight).fill(shown(key)));
  }
  const options: MarketOptions = {
    codeDir,
    variables: { BOURSE_API_KEYS_FILE: keysFile, BOURSE_SERVICE_SECRET: serviceSecret },
  };
  const secret = shown(serviceSecret);
  const inside = [...Array<string>(20).fill(secret), undefined, ...junk, often[0], secret.toUpperCase()];
  try {
    const market = await SupervisedMarket.start(options);
    return await arenaOf(market, {
      guards: { frontend: { callers }, catalog: { secret }, order: { secret } },
      credentials: { frontend: [...often, undefined, ...junk, secret], catalog: inside, order: inside },
      trader: often[0],
      async [Symbol.asyncDispose]() {
        await market[Symbol.asyncDispose]();
        files.leave();
      },
    });
  } catch (error) {
    files.leave();
    throw error;
  }
}

type Guards = Record<ServiceName, Omit<Guard, "service">>;

async function arenaOf(
  market: SupervisedMarket,
  { guards, ...arena }: Omit<Arena, "market" | "places" | "founding"> & { guards: Guards },
): Promise<Arena> {
  const placeOf = (service: ServiceName): Place => {
    const { port } = new URL(market.variablesOf(service)[`${service.toUpperCase()}_URL`] ?? "");
    return { port: Number(port), guard: { service, ...guards[service] } };
  };
  const places = Object.fromEntries(serviceNames.map((name) => [name, placeOf(name)])) as Arena["places"];
  const { catalog } = places;
  const version = { [wireVersionHeader]: wireVersion };
  const headers = catalog.guard.secret ? { ...version, authorization: catalog.guard.secret } : version;
  const heads = (await (await fetch(`http://127.0.0.1:${catalog.port}/heads`, { headers })).json()) as {
    market: { market_id: string; incarnation: number; epoch: number };
    trades: { chain: string };
  };
  const { market_id: marketId, incarnation, epoch } = heads.market;
  return { ...arena, market, places, founding: { marketId, incarnation, epoch, chain: heads.trades.chain } };
}

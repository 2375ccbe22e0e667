import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { wireVersion, wireVersionHeader } from "../../services/contract/wire-version.ts";
import { atExit } from "../../testing/at-exit.ts";
import { bearer } from "../../testing/http-client.ts";
import { writeKeys, type WantedKey } from "../../testing/api-keys.ts";
import { serviceSecret } from "../../testing/keyed-market.ts";
import { serviceNames, type ServiceName } from "../../testing/market.ts";
import { SupervisedMarket, type MarketOptions } from "../supervised-market.ts";
import type { MarketIdentity } from "./bodies.ts";
import type { ServiceAddress } from "./exchange.ts";
import { marker } from "./check-answer.ts";
import type { Caller, Guard } from "./oracle.ts";
import type { Credentials } from "./requests.ts";

/** A market, and what its fuzzer must know of it. */
export interface TargetMarket extends AsyncDisposable {
  market: SupervisedMarket;
  addresses: Readonly<Record<ServiceName, ServiceAddress>>;
  credentials: Credentials;
  identity: MarketIdentity;
  /** The Authorization of a client that may trade; undefined without API keys. */
  trader: string | undefined;
}

const badCredentials = [
  "",
  "Bearer",
  `Bearer ${marker}`,
  "Basic YTpi",
  `Bearer bourse_0123456789ab_${"A".repeat(43)}`,
];
const authorizationOf = (key: string): string => bearer(key)["authorization"] ?? "";

/** A market without API keys and without a service secret. */
export async function startOpenMarket({ codeDir }: Pick<MarketOptions, "codeDir">): Promise<TargetMarket> {
  const market = await SupervisedMarket.start({ codeDir });
  const anyCaller = [undefined, undefined, ...badCredentials];
  return targetOf(market, {
    guards: { frontend: {}, catalog: {}, order: {} },
    credentials: { frontend: anyCaller, catalog: anyCaller, order: anyCaller },
    trader: undefined,
    [Symbol.asyncDispose]: () => market[Symbol.asyncDispose](),
  });
}

const wanted: readonly (WantedKey & { exceedsRate?: boolean; weight: number })[] = [
  { client: "alice", role: "trader", weight: 12 },
  { client: "bob", role: "trader", weight: 4 },
  { client: "root", role: "admin", weight: 3 },
  { client: "watcher", role: "reader", weight: 4 },
  { client: "alice", role: "trader", rate: 5, exceedsRate: true, weight: 2 },
];

/** A market with API keys of several roles and rates, and with a service secret. */
export async function startKeyedMarket({ codeDir }: Pick<MarketOptions, "codeDir">): Promise<TargetMarket> {
  const folder = mkdtempSync(join(tmpdir(), "bourse-fuzz-"));
  const files = atExit(() => rmSync(folder, { recursive: true, force: true }));
  const keysFile = join(folder, "keys.json");
  const callers = new Map<string, Caller>();
  const weighted: string[] = [];
  for (const [index, key] of writeKeys(keysFile, wanted).entries()) {
    const { client, role, exceedsRate = false, weight } = wanted[index] as (typeof wanted)[number];
    callers.set(authorizationOf(key), { client, role, exceedsRate });
    weighted.push(...Array<string>(weight).fill(authorizationOf(key)));
  }
  const options: MarketOptions = {
    codeDir,
    variables: { BOURSE_API_KEYS_FILE: keysFile, BOURSE_SERVICE_SECRET: serviceSecret },
  };
  const secret = authorizationOf(serviceSecret);
  const ofServices = [
    ...Array<string>(20).fill(secret),
    undefined,
    ...badCredentials,
    weighted[0],
    secret.toUpperCase(),
  ];
  try {
    const market = await SupervisedMarket.start(options);
    return await targetOf(market, {
      guards: { frontend: { callers }, catalog: { secret }, order: { secret } },
      credentials: {
        frontend: [...weighted, undefined, ...badCredentials, secret],
        catalog: ofServices,
        order: ofServices,
      },
      trader: weighted[0],
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

async function targetOf(
  market: SupervisedMarket,
  { guards, ...target }: Omit<TargetMarket, "market" | "addresses" | "identity"> & { guards: Guards },
): Promise<TargetMarket> {
  const placeOf = (service: ServiceName): ServiceAddress => {
    const { port } = new URL(market.variablesOf(service)[`${service.toUpperCase()}_URL`] ?? "");
    return { port: Number(port), guard: { service, ...guards[service] } };
  };
  const addresses = Object.fromEntries(
    serviceNames.map((name) => [name, placeOf(name)]),
  ) as TargetMarket["addresses"];
  const { catalog } = addresses;
  const version = { [wireVersionHeader]: wireVersion };
  const headers = catalog.guard.secret ? { ...version, authorization: catalog.guard.secret } : version;
  const heads = (await (await fetch(`http://127.0.0.1:${catalog.port}/heads`, { headers })).json()) as {
    market: { market_id: string; incarnation: number; epoch: number };
    trades: { chain: string };
  };
  const { market_id: marketId, incarnation, epoch } = heads.market;
  return {
    ...target,
    market,
    addresses,
    identity: { marketId, incarnation, epoch, chain: heads.trades.chain },
  };
}

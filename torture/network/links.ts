import type { Random } from "../../testing/random.ts";
import { freePorts } from "../../testing/free-ports.ts";
import type { InstanceName } from "../supervised-market.ts";
import { Link } from "./link.ts";
import { orderKeysIn } from "./requests.ts";
import { weatherKinds, type Kinds, type WeatherKind } from "./weather.ts";

const copying: readonly WeatherKind[] = ["duplicate", "stale-copy"];

export const pairs = [
  "client → frontend",
  "client → frontend2",
  "frontend → order",
  "frontend2 → order",
  "frontend → catalog",
  "frontend2 → catalog",
  "order → catalog",
] as const;
export type Pair = (typeof pairs)[number];

/** A second copy of a read would be no fault. */
export function kindsOf(pair: Pair): Kinds {
  return pair === "frontend → catalog" || pair === "frontend2 → catalog"
    ? (weatherKinds.filter((kind) => !copying.includes(kind)) as [WeatherKind, ...WeatherKind[]])
    : weatherKinds;
}

/** The proxies of a market, one between each pair. */
export class Links implements Disposable {
  readonly #links = new Map<Pair, Link>();
  readonly #random: Random;
  /** Told of the key of an order of which a copy was made between its client and the order service. */
  onCopy: (key: string) => void = () => undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The address of the proxy from one to the other; `url` itself where there is none. */
  addressOf(from: InstanceName | "client", to: InstanceName, url: string): string {
    const pair = pairs.find((one) => one === `${from} → ${to}`);
    if (!pair) return url;
    const link = this.#links.get(pair) ?? this.#open(Number(new URL(url).port));
    this.#links.set(pair, link);
    return link.url;
  }

  between(pair: Pair): Link {
    const link = this.#links.get(pair);
    if (!link) throw new Error(`there is no link ${pair}`);
    return link;
  }

  /** Delivers the copies that were kept on these links; returns how many. */
  deliverKept(of: readonly Pair[] = pairs): number {
    return of.reduce((sum, pair) => sum + this.between(pair).deliverKept(), 0);
  }

  /** Has who asks for the order service reach the one at this port, or, without one, the one that was there first. */
  aimAtOrder(port?: number): void {
    for (const from of ["frontend", "frontend2"] as const) this.between(`${from} → order`).aim(port);
  }

  [Symbol.dispose](): void {
    for (const link of this.#links.values()) link.close();
  }

  #open(targetPort: number): Link {
    const [port = 0] = freePorts(1);
    return new Link({
      port,
      targetPort,
      random: this.#random.fork(),
      onCopy: (request) => {
        for (const key of orderKeysIn(request)) this.onCopy(key);
      },
    });
  }
}

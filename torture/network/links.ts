import type { Random } from "../../testing/random.ts";
import { freePorts } from "../../testing/free-ports.ts";
import type { InstanceName } from "../instances.ts";
import { Link } from "./link.ts";
import { orderKeysIn } from "./requests.ts";
import { networkFaultKinds, type Kinds, type NetworkFaultKind } from "./network-fault.ts";

const copying: readonly NetworkFaultKind[] = ["duplicate", "stale-copy"];

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

/** Connections that carry only reads get no copies: a second read has no effect. */
export function kindsOf(pair: Pair): Kinds {
  return pair === "frontend → catalog" || pair === "frontend2 → catalog"
    ? (networkFaultKinds.filter((kind) => !copying.includes(kind)) as [
        NetworkFaultKind,
        ...NetworkFaultKind[],
      ])
    : networkFaultKinds;
}

/** The proxies of a market, one for each pair of processes. */
export class Links implements Disposable {
  readonly #links = new Map<Pair, Link>();
  readonly #random: Random;
  /** Called with the key of each order of which the network made a copy. */
  onCopy: (key: string) => void = () => undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The address of the proxy between the two; `url` itself when they are no pair. */
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

  /** Delivers the copies that these links keep, and returns their number. */
  deliverKept(of: readonly Pair[] = pairs): number {
    return of.reduce((sum, pair) => sum + this.between(pair).deliverKept(), 0);
  }

  /** Connects the frontends to the order service at this port; without one, to the original order service. */
  setOrderTarget(port?: number): void {
    for (const from of ["frontend", "frontend2"] as const) this.between(`${from} → order`).setTarget(port);
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

import type { Random } from "../../testing/random.ts";
import type { Disk, DiskState } from "./disk.ts";
import { LedgerWatch } from "./ledger-watch.ts";
import type { Network } from "./network.ts";
import { SimProcess, type End, type Scheduler } from "./scheduler.ts";
import { services, type Running, type ServiceName, type Settings } from "./services.ts";

/** A place where one instance of a service runs after the other, on the same files. */
interface Post {
  name: ServiceName;
  folder: string;
  process: SimProcess | undefined;
  running: Running | undefined;
  watch: LedgerWatch | undefined;
  diskState: DiskState;
  starts: number;
}

interface MarketDeps {
  scheduler: Scheduler;
  random: Random;
  network: Network;
  disk: Disk;
  settings: Settings;
}

const restartMs = { least: 5, most: 400 };

/** The three services, and a supervisor that starts each again when it has crashed. */
export class SimMarket {
  readonly #deps: MarketDeps;
  readonly #posts: Post[];
  /** The ledger of an order service that another one replaced. */
  replaced: Post | undefined;
  crashes = 0;
  /** What a service did that it must never do, at the moment when it did. */
  readonly faults: string[] = [];

  constructor(deps: MarketDeps) {
    this.#deps = deps;
    this.#posts = [
      this.#newPost("catalog", deps.disk.newFolder("catalog")),
      this.#newPost("order", deps.disk.newFolder("order")),
      this.#newPost("frontend", ""),
    ];
    deps.network.onAnswer = (process, path, text) => {
      if (path === "/orders" && process.name.startsWith("order")) this.#checkAnswer(process, text);
    };
    for (const post of this.#posts) this.#startLater(post, 0);
  }

  /** The post that a service's address leads to. */
  post(name: ServiceName): Post {
    return this.#posts.find((post) => post.name === name && post !== this.replaced)!;
  }

  get isReady(): boolean {
    return this.#posts
      .filter((post) => post !== this.replaced)
      .every(({ running }) => running && running.missing() === undefined);
  }

  /**
   * Starts a second order service, while the first leads, on a ledger of its own: empty, or as the first one's was.
   * Once at most.
   */
  failOver(): void {
    const { random, disk, network } = this.#deps;
    const first = this.post("order");
    if (this.replaced || !first.running || first.running.missing() !== undefined) return;
    const folder = random.chance(0.5)
      ? disk.newFolder("order")
      : disk.copyAfterPowerCut(first.folder, "order", random);
    const second = this.#newPost("order", folder);
    this.#posts.push(second);
    this.replaced = first;
    if (first.process) network.listen("replaced", { process: first.process, handle: first.running.handle });
    this.#startLater(second, 0);
  }

  /** Nothing more is to happen to anything; what is frozen thaws at its time. */
  mend(): void {
    for (const post of this.#posts) {
      post.process?.dieAfter(Infinity);
      post.diskState = "well";
    }
  }

  get frozenUntilMs(): number {
    return Math.max(...this.#posts.map(({ process }) => process?.frozenUntilMs ?? 0));
  }

  /** Ends everything and lets go of all files. */
  close(): void {
    for (const post of this.#posts) {
      post.process?.end("crashed");
      this.#letGo(post);
    }
  }

  #newPost(name: ServiceName, folder: string): Post {
    return {
      name,
      folder,
      process: undefined,
      running: undefined,
      watch: undefined,
      diskState: "well",
      starts: 0,
    };
  }

  #startLater(post: Post, delayMs: number): void {
    const { scheduler, network, settings, random } = this.#deps;
    post.starts += 1;
    const process = new SimProcess(`${post.name}.${this.#posts.indexOf(post)}${post.starts}`, (_, end) =>
      this.#onEnd(post, process, end),
    );
    scheduler.schedule(process, delayMs, "starts", () => {
      post.process = process;
      const surroundings = {
        process,
        waits: { scheduler, random },
        folder: post.folder,
        diskState: () => post.diskState,
        settings,
      };
      post.running = services[post.name](surroundings);
      if (post.name === "order") post.watch = new LedgerWatch(post.folder);
      if (post !== this.replaced) network.listen(post.name, { process, handle: post.running.handle });
    });
  }

  #onEnd(post: Post, process: SimProcess, end: End): void {
    const { scheduler, network, random } = this.#deps;
    scheduler.note(`${process.name} ${end}`);
    if (end === "crashed") this.crashes += 1;
    const downMs = restartMs.least + random.next() * (restartMs.most - restartMs.least);
    // Its own code may be running right now: its files are closed when that has returned.
    scheduler.schedule(scheduler.world, 0, `${process.name} is gone`, () => {
      network.leave(process);
      this.#carryOver(post);
      if (end === "crashed" && post !== this.replaced) this.#startLater(post, downMs);
    });
  }

  #carryOver(post: Post): void {
    const { disk, random } = this.#deps;
    const { folder, name } = post;
    if (name !== "frontend") {
      const isPowerCut = name === "order" && random.chance(0.3);
      post.folder = disk.afterCrash(folder, name, isPowerCut ? random : undefined);
    }
    this.#letGo(post);
  }

  #letGo(post: Post): void {
    post.watch?.close();
    post.running?.close();
    post.running = post.watch = post.process = undefined;
  }

  #checkAnswer(process: SimProcess, text: string): void {
    const post = this.#posts.find((one) => one.process === process);
    this.faults.push(...(post?.watch?.missingOf(text) ?? []));
  }
}

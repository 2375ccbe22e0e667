import type { Random } from "../../testing/random.ts";
import type { Disk, DiskState } from "./disk.ts";
import { LedgerWatch } from "./ledger-watch.ts";
import type { Network } from "./network.ts";
import { SimProcess, type Scheduler } from "./scheduler.ts";
import { services, type RunningService, type ServiceName, type Settings } from "./services.ts";
import { simContext } from "./sim-context.ts";

/** A simulated machine: instances of one service run on it, one after the other, on the same files. */
export interface SimMachine {
  name: ServiceName;
  folder: string;
  process: SimProcess | undefined;
  running: RunningService | undefined;
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

const restartMs = { least: 5, most: [50, 400, 1_200] } as const;

/** The three services, and a supervisor that starts each again after a crash. */
export class SimMarket {
  readonly #deps: MarketDeps;
  readonly #machines: SimMachine[];
  /** The machine of the order service that a second one replaced. */
  replaced: SimMachine | undefined;
  /** Called once, when the catalog has granted an epoch to the second order service. */
  onTakeover: () => void = () => undefined;
  #isTakenOver = false;
  crashes = 0;
  readonly violations: string[] = [];

  constructor(deps: MarketDeps) {
    this.#deps = deps;
    this.#machines = [
      this.#newSimMachine("catalog", deps.disk.newFolder("catalog")),
      this.#newSimMachine("order", deps.disk.newFolder("order")),
      this.#newSimMachine("frontend", ""),
    ];
    deps.network.onAnswer = (process, path, text) => {
      if (path === "/orders" && process.name.startsWith("order")) this.#checkAnswer(process, text);
      if (path === "/epochs") this.#noteEpoch(text);
    };
    for (const machine of this.#machines) this.#startLater(machine, 0);
  }

  /** The machine at a service's address. */
  machine(name: ServiceName): SimMachine {
    return this.#machines.find((machine) => machine.name === name && machine !== this.replaced)!;
  }

  get isReady(): boolean {
    return this.#machines
      .filter((machine) => machine !== this.replaced)
      .every(({ running }) => running && running.notReadyReason() === undefined);
  }

  /**
   * Starts a second order service while the first leads, with a ledger of its own: empty, or a copy of the first one's.
   * Once at most.
   */
  failOver(): void {
    const { random, disk, network } = this.#deps;
    const first = this.machine("order");
    if (this.replaced || !first.running || first.running.notReadyReason() !== undefined) return;
    const folder = random.chance(0.5)
      ? disk.newFolder("order")
      : disk.copyAfterPowerCut(first.folder, "order", random);
    const second = this.#newSimMachine("order", folder);
    this.#machines.push(second);
    this.replaced = first;
    if (first.process) network.listen("replaced", { process: first.process, handle: first.running.handle });
    this.#startLater(second, 0);
  }

  /** No more crashes and broken disks; a frozen process goes on at its time. */
  heal(): void {
    for (const machine of this.#machines) {
      machine.process?.crashAfter(Infinity);
      machine.diskState = "ok";
    }
  }

  get frozenUntilMs(): number {
    return Math.max(...this.#machines.map(({ process }) => process?.frozenUntilMs ?? 0));
  }

  /** Ends every process and closes all files. */
  close(): void {
    for (const machine of this.#machines) {
      machine.process?.crash();
      this.#closeFiles(machine);
    }
  }

  #newSimMachine(name: ServiceName, folder: string): SimMachine {
    return {
      name,
      folder,
      process: undefined,
      running: undefined,
      watch: undefined,
      diskState: "ok",
      starts: 0,
    };
  }

  #startLater(machine: SimMachine, delayMs: number): void {
    const { scheduler, network, settings, random } = this.#deps;
    machine.starts += 1;
    const process = new SimProcess(
      `${machine.name}.${this.#machines.indexOf(machine)}${machine.starts}`,
      () => this.#onCrash(machine, process),
    );
    scheduler.schedule(process, delayMs, "starts", () => {
      machine.process = process;
      const options = {
        process,
        context: simContext(process, this.#deps),
        latency: { scheduler, random },
        folder: machine.folder,
        diskState: () => machine.diskState,
        settings,
      };
      machine.running = services[machine.name](options);
      if (machine.name === "order") machine.watch = new LedgerWatch(machine.folder);
      if (machine !== this.replaced)
        network.listen(machine.name, { process, handle: machine.running.handle });
    });
  }

  #onCrash(machine: SimMachine, process: SimProcess): void {
    const { scheduler, network, random } = this.#deps;
    scheduler.note(`${process.name} crashed`);
    this.crashes += 1;
    const downMs = restartMs.least + random.next() * random.pick(restartMs.most);
    // Its own code may be running right now: close its files after that has returned.
    scheduler.schedule(scheduler.world, 0, `${process.name} is gone`, () => {
      network.disconnect(process);
      this.#moveFiles(machine);
      if (machine !== this.replaced) this.#startLater(machine, downMs);
    });
  }

  #moveFiles(machine: SimMachine): void {
    const { disk, random } = this.#deps;
    const { folder, name } = machine;
    if (name !== "frontend") {
      const isPowerCut = name === "order" && random.chance(0.3);
      machine.folder = disk.afterCrash(folder, name, isPowerCut ? random : undefined);
    }
    this.#closeFiles(machine);
  }

  #closeFiles(machine: SimMachine): void {
    machine.watch?.close();
    machine.running?.close();
    machine.running = machine.watch = machine.process = undefined;
  }

  // The first service leads before there is a second one, so an epoch that is granted afterwards is the second one's.
  #noteEpoch(answer: string): void {
    if (!this.replaced || this.#isTakenOver || !("epoch" in (JSON.parse(answer) as object))) return;
    this.#isTakenOver = true;
    this.onTakeover();
  }

  #checkAnswer(process: SimProcess, text: string): void {
    const machine = this.#machines.find((one) => one.process === process);
    this.violations.push(...(machine?.watch?.missingTrades(text) ?? []));
  }
}

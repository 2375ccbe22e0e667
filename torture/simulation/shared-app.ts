import type { AnyElysia } from "elysia";

import type { Handle } from "./network.ts";
import type { Scheduler, SimProcess } from "./scheduler.ts";

type Part = ((...args: unknown[]) => unknown) & Record<string, unknown>;

/**
 * One compiled app for all instances of a service: compiling one takes milliseconds, and its code would run without the
 * JIT compiler. The app itself has no state: each access to one of its parts goes to the part of the process whose
 * event runs.
 */
export class SharedApp<Deps extends object> {
  readonly #app: AnyElysia;
  readonly #partsOf = new WeakMap<SimProcess, Deps>();
  #scheduler: Scheduler | undefined;

  constructor(create: (deps: Deps) => AnyElysia) {
    const parts = new Proxy({}, { get: (_, name) => this.#standIn(name as keyof Deps) });
    this.#app = create(parts as Deps).compile();
  }

  /** The app with the parts of this process. */
  of(process: SimProcess, scheduler: Scheduler, deps: Deps): Handle {
    this.#scheduler = scheduler;
    this.#partsOf.set(process, deps);
    return this.#app.handle;
  }

  #standIn(name: keyof Deps): unknown {
    const own = (): Part => {
      const deps = this.#scheduler && this.#partsOf.get(this.#scheduler.current);
      if (!deps) throw new Error(`${String(name)} was used by a process that does not run this service`);
      return deps[name] as Part;
    };
    return new Proxy(() => undefined, {
      apply: (_, __, args: unknown[]) => own()(...args),
      get(_, member): unknown {
        const part = own();
        const value = part[member as string];
        return typeof value === "function" ? (value.bind(part) as unknown) : value;
      },
    });
  }
}

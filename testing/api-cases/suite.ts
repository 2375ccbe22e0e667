import type { OpeningStock } from "../../services/catalog/opening.ts";
import type { WantedKey } from "../api-keys.ts";
import type { Api } from "../http-client.ts";

/**
 * Tests of the public API that need nothing of a market but a `fetch`. They have no test runner and no market of their
 * own: under Bun and under Node, the same cases run against a market in memory and against one of real processes.
 */
export interface ApiSuite<World> {
  name: string;
  /** Opens the markets of this suite, once for all its cases, and does what they have in common. */
  prepare(open: OpenApi): Promise<World>;
  /** They run in any order. */
  cases: readonly ApiCase<World>[];
}

export interface ApiCase<World> {
  name: string;
  run(world: World): Promise<void>;
}

/** What a suite needs of a market. */
export interface ApiNeeds {
  /** Default: the opening list of this repository. */
  opening?: readonly OpeningStock[];
  /** Default: calls need no key. */
  keys?: readonly WantedKey[];
}

/** Opens a new market that is ready; `keys` are those that were asked for, in their order. */
export type OpenApi = (needs?: ApiNeeds) => Promise<Api & { keys: readonly string[] }>;

/** A market that was opened for a suite. */
export interface OpenedApi extends Api {
  keys: readonly string[];
  close(): Promise<void>;
}

/** The functions of a test runner. */
export interface TestRunner {
  before(run: () => Promise<void>): void;
  after(run: () => Promise<void>): void;
  test(name: string, run: () => Promise<void>): void;
}

/** Gives a suite to a test runner. `open` makes the markets that the suite asks for; they are closed after its cases. */
export function runSuite<World>(
  { before, after, test }: TestRunner,
  suite: ApiSuite<World>,
  open: (needs: ApiNeeds) => Promise<OpenedApi>,
): void {
  const opened: OpenedApi[] = [];
  let world: { value: World } | undefined;
  before(async () => {
    const value = await suite.prepare(async (needs = {}) => {
      const api = await open(needs);
      opened.push(api);
      return api;
    });
    world = { value };
  });
  after(async () => {
    await Promise.all(opened.map((api) => api.close()));
  });
  for (const { name, run } of suite.cases)
    test(name, async () => {
      if (!world) throw new Error("the suite was not prepared");
      await run(world.value);
    });
}

import { describe } from "bun:test";

import { batches } from "../testing/api-cases/batches.ts";
import { bunRunner } from "../testing/api-cases/bun-runner.ts";
import { events } from "../testing/api-cases/events.ts";
import { openInMemory } from "../testing/api-cases/in-memory.ts";
import { ownOrders } from "../testing/api-cases/own-orders.ts";
import { publicApi } from "../testing/api-cases/public-api.ts";
import { runSuite } from "../testing/api-cases/suite.ts";
import { badInput } from "./bad-input-cases.ts";

describe(publicApi.name, () => runSuite(bunRunner, publicApi, openInMemory));
describe(batches.name, () => runSuite(bunRunner, batches, openInMemory));
describe(ownOrders.name, () => runSuite(bunRunner, ownOrders, openInMemory));
describe(events.name, () => runSuite(bunRunner, events, openInMemory));
describe(badInput.name, () => runSuite(bunRunner, badInput, openInMemory));

// The API tests under Node (22.18 or newer runs TypeScript as it is): node --test tests/memory-market.node.ts
import { after, before, describe, test } from "node:test";

import { batches } from "../testing/api-cases/batches.ts";
import { events } from "../testing/api-cases/events.ts";
import { openInMemory } from "../testing/api-cases/in-memory.ts";
import { ownOrders } from "../testing/api-cases/own-orders.ts";
import { publicApi } from "../testing/api-cases/public-api.ts";
import { runSuite, type TestRunner } from "../testing/api-cases/suite.ts";
import { badInput } from "./bad-input-cases.ts";

const nodeRunner: TestRunner = { before, after, test: (name, run) => void test(name, run) };

void describe(publicApi.name, () => runSuite(nodeRunner, publicApi, openInMemory));
void describe(batches.name, () => runSuite(nodeRunner, batches, openInMemory));
void describe(ownOrders.name, () => runSuite(nodeRunner, ownOrders, openInMemory));
void describe(events.name, () => runSuite(nodeRunner, events, openInMemory));
void describe(badInput.name, () => runSuite(nodeRunner, badInput, openInMemory));

import { bunRunner } from "../testing/api-cases/bun-runner.ts";
import { openOverHttp } from "../testing/api-cases/over-http.ts";
import { ownOrders } from "../testing/api-cases/own-orders.ts";
import { runSuite } from "../testing/api-cases/suite.ts";

runSuite(bunRunner, ownOrders, openOverHttp);

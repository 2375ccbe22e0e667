import { bunRunner } from "../testing/api-cases/bun-runner.ts";
import { events } from "../testing/api-cases/events.ts";
import { openOverHttp } from "../testing/api-cases/over-http.ts";
import { runSuite } from "../testing/api-cases/suite.ts";

runSuite(bunRunner, events, openOverHttp);

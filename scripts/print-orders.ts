import { createClient } from "../client/sdk/client.ts";

/** `bun scripts/print-orders.ts URL KEY`: every order that the key may see, oldest first, one JSON line each. */
const [baseUrl = "", apiKey = ""] = process.argv.slice(2);
for await (const order of createClient({ baseUrl, apiKey }).orders.list())
  process.stdout.write(`${JSON.stringify(order)}\n`);

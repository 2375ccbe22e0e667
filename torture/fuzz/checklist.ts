import { serviceNames, type ServiceName } from "../../testing/market.ts";
import type { Arena } from "./arena.ts";
import { Connection, type Answer } from "./connection.ts";
import { statusOfReason } from "./contract.ts";
import { corpus, type CorpusItem } from "./corpus.ts";
import { formFaults, isBunsOwn, reasonOf } from "./judge-answer.ts";
import { smuggling } from "./smuggling.ts";

const hangMs = 10_000;
const smuggled: CorpusItem["expected"] = [400];

/** What is answered otherwise than it should be, of the security checklist and of the ways to smuggle a request. */
export async function checklistFaults({ places, trader }: Arena): Promise<string[]> {
  const faults: string[] = [];
  const expect = async (service: ServiceName, item: CorpusItem): Promise<void> => {
    const shown = service === "frontend" ? trader : places[service].guard.secret;
    // As one who may trade: no item is to be turned away for another reason than its own.
    const bytes = item.bytes.replace(
      /host: localhost\r\n/i,
      `$&${shown ? `Authorization: ${shown}\r\n` : ""}`,
    );
    const connection = new Connection(places[service].port);
    connection.send(Buffer.from(bytes, "latin1"));
    const answer = await connection.answer(hangMs, false);
    connection.destroy();
    faults.push(...faultsOf(service, item, answer).map((fault) => `${service}, ${item.what}: ${fault}`));
  };
  for (const item of corpus) await expect("frontend", item);
  for (const [what, bytes] of smuggling)
    for (const service of serviceNames) {
      // Only the order service has a call of that path, too; at the catalog it is not there.
      const expected = service === "catalog" ? [400, 404] : smuggled;
      await expect(service, { what, bytes, expected });
    }
  return faults;
}

function faultsOf(
  service: ServiceName,
  { expected }: CorpusItem,
  answer: Answer | "closed" | "silent",
): string[] {
  if (answer === "silent") return [`no answer in ${hangMs} ms`];
  const status = answer === "closed" ? undefined : answer.status;
  const reason = answer === "closed" ? undefined : reasonOf(answer);
  const isExpected =
    typeof expected === "string"
      ? reason === expected && status === statusOfReason[expected]
      : expected.includes(status);
  const faults = isExpected ? [] : [`${status} ${reason}; expected: ${String(expected)}`];
  if (answer === "closed" || isBunsOwn(answer)) return faults;
  return [...faults, ...formFaults(service, answer, false)];
}

import { serviceNames, type ServiceName } from "../../testing/market.ts";
import type { TargetMarket } from "./target-market.ts";
import { Connection, type Answer } from "./connection.ts";
import { statusOfReason } from "./contract.ts";
import { corpus, type CorpusItem } from "./corpus.ts";
import { formViolations, isFromBunsParser, reasonOf } from "./check-answer.ts";
import { smuggling } from "./smuggling.ts";

const hangMs = 10_000;
const smuggled: CorpusItem["expected"] = [400];

/** Wrong answers to the security checklist and to the ways to smuggle a request, a sentence each. */
export async function checklistViolations({ addresses, trader }: TargetMarket): Promise<string[]> {
  const violations: string[] = [];
  const expect = async (service: ServiceName, item: CorpusItem): Promise<void> => {
    const authorization = service === "frontend" ? trader : addresses[service].guard.secret;
    // From a client that may trade, so that each item is refused for its own reason.
    const bytes = item.bytes.replace(
      /host: localhost\r\n/i,
      `$&${authorization ? `Authorization: ${authorization}\r\n` : ""}`,
    );
    const connection = new Connection(addresses[service].port);
    connection.send(Buffer.from(bytes, "latin1"));
    const answer = await connection.answer(hangMs, false);
    connection.destroy();
    violations.push(
      ...violationsOf(service, item, answer).map((what) => `${service}, ${item.what}: ${what}`),
    );
  };
  for (const item of corpus) await expect("frontend", item);
  for (const [what, bytes] of smuggling)
    for (const service of serviceNames) {
      // The order service has a call of that path too; the catalog has none.
      const expected = service === "catalog" ? [400, 404] : smuggled;
      await expect(service, { what, bytes, expected });
    }
  return violations;
}

function violationsOf(
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
  const violations = isExpected ? [] : [`${status} ${reason}; expected: ${String(expected)}`];
  if (answer === "closed" || isFromBunsParser(answer)) return violations;
  return [...violations, ...formViolations(service, answer, false)];
}

import { expect, test } from "bun:test";

import { Term, type TermEnd, type TermHolder } from "./term.ts";

const market = { market_id: "m", incarnation: 1, epoch: 1 };

/** Two terms, of which the second has superseded the first, and a third that has not begun. */
function terms() {
  const ends: TermEnd[] = [];
  const holder: { term: Term | undefined } & TermHolder = {
    term: undefined,
    endTerm: (end) => ends.push(end),
  };
  const [previous, current, next] = [1, 2, 3].map((epoch) => new Term({ ...market, epoch }, holder));
  holder.term = current;
  return { previous: previous!, current: current!, next: next!, ends };
}

test("a rejection of a batch fences the current term, or makes it leave its catalog", () => {
  const { current, ends } = terms();
  expect(current.isSuperseded).toBe(false);
  current.rejected("ledger_mismatch");
  current.rejected("stale_epoch");
  expect(ends).toEqual([{ kind: "left", reason: "ledger_mismatch" }, { kind: "fenced" }]);
});

test.each(["previous", "next"] as const)(
  "a message for the %s term does not end the current one",
  (which) => {
    const { ends, ...all } = terms();
    const term = all[which];
    expect(term.isSuperseded).toBe(true);
    term.rejected("stale_epoch");
    term.rejected("ledger_mismatch");
    term.fence();
    term.leave("it is another");
    expect(ends).toEqual([]);
  },
);

test("a catalog that is unavailable is still the one of this term", () => {
  const { current, ends } = terms();
  current.rejected("unavailable");
  expect(ends).toEqual([]);
});

/** Every check an audit makes, in the order in which it reports them. The names are for programs and never change. */
export const checkNames = [
  "numbers",
  "conservation",
  "versions",
  "replay",
  "ledger",
  "outcomes",
  "trade_chain",
  "change_chain",
  "integrity",
] as const;
export type CheckName = (typeof checkNames)[number];

/** `detail` is for people: how much was checked, or the first violation. */
export interface Check {
  name: CheckName;
  ok: boolean;
  detail: string;
}

/** For each check, how much it covered, in words. */
export type CheckCounts = Partial<Record<CheckName, string>>;

/** What an audit has found so far: the first violation of each check. */
export class Findings {
  readonly #violations = new Map<CheckName, string>();

  /** Keeps the first violation of a check: later ones are mostly its consequences. */
  fail(name: CheckName, detail: string): void {
    if (!this.#violations.has(name)) this.#violations.set(name, detail);
  }

  /** The result of each check that is in `counts` or failed. */
  checks(counts: CheckCounts): Check[] {
    return checkNames.flatMap((name) => {
      const detail = this.#violations.get(name) ?? counts[name];
      return detail === undefined ? [] : { name, ok: !this.#violations.has(name), detail };
    });
  }
}

/** 1234 and "trade" → "1,234 trades". */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}

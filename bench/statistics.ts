/** The middle value, or the mean of the middle two. NaN of an empty list. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((left, right) => left - right);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}

/** A median with the lowest and the highest. */
export interface Spread {
  median: number;
  lowest: number;
  highest: number;
}

export function spreadOf(numbers: readonly number[]): Spread {
  return { median: median(numbers), lowest: Math.min(...numbers), highest: Math.max(...numbers) };
}

/**
 * How many times `against` goes into `of`: the ratio of their medians, and the lowest and the highest ratio of one
 * round. Undefined without a round of each, or when the tool reported 0 for `against`.
 */
export function ratioOf(of: readonly number[], against: readonly number[]): Spread | undefined {
  const ratio = median(of) / median(against);
  if (!Number.isFinite(ratio)) return undefined;
  const ofRounds = of.map((value, round) => value / (against[round] ?? NaN)).filter(Number.isFinite);
  return { ...spreadOf(ofRounds), median: ratio };
}

import type { Reason } from "../contract/errors.ts";
import type { Market } from "../contract/market.ts";

/** Why a term ended: a newer epoch fenced it, or its catalog cannot be followed any more. */
export type TermEnd = { kind: "fenced" } | { kind: "left"; reason: string };

/** Has the current term. */
export interface TermHolder {
  readonly term: Term | undefined;
  endTerm(end: TermEnd): void;
}

/**
 * The time in which this order service holds one epoch of one market. A term never changes: leadership replaces it by
 * another one, or by none. Code that begins work under a term keeps that term, and checks `isSuperseded` after
 * each `await`. A late message to a superseded term has no effect on the term that is current by then.
 */
export class Term {
  readonly market: Market;
  readonly #holder: TermHolder;

  constructor(market: Market, holder: TermHolder) {
    this.market = market;
    this.#holder = holder;
  }

  /** Not the current one any more, or not yet. */
  get isSuperseded(): boolean {
    return this.#holder.term !== this;
  }

  /**
   * The catalog refused a batch of this term. Does nothing when the term is superseded, nor for a catalog that is
   * unavailable: it is still the one that granted this epoch, and the batch is sent again.
   */
  rejected(reason: Reason): void {
    if (reason === "unavailable") return;
    if (reason === "stale_epoch") this.fence();
    else this.leave(reason);
  }

  /** A newer epoch was granted. Does nothing when the term is superseded. */
  fence(): void {
    if (!this.isSuperseded) this.#holder.endTerm({ kind: "fenced" });
  }

  /** The catalog is not the one that granted this epoch. Does nothing when the term is superseded. */
  leave(reason: string): void {
    if (!this.isSuperseded) this.#holder.endTerm({ kind: "left", reason });
  }
}

const groupSize = 4;

/** Holds back who comes, and lets them go in groups, the last first. */
export class ReverseLine {
  #waiting: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #groupWaitMs: number;

  /** A group that does not fill goes when its first has waited for `groupWaitMs`. */
  constructor(groupWaitMs: number) {
    this.#groupWaitMs = groupWaitMs;
  }

  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length >= groupSize) this.release();
      else this.#timer ??= setTimeout(() => this.release(), this.#groupWaitMs);
    });
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const group = this.#waiting.toReversed();
    this.#waiting = [];
    // Each is on its way before the next: they are on different connections.
    for (const [index, go] of group.entries()) setTimeout(go, 2 * index);
  }
}

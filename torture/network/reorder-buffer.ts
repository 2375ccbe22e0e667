const groupSize = 4;

/** Holds messages back and releases them in groups, the last one first. */
export class ReorderBuffer {
  #waiting: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #groupWaitMs: number;

  /** A group is released when it is full, or when its first message has waited for `groupWaitMs`. */
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
    // 2 ms apart, because they are on different connections: each arrives before the next is sent.
    for (const [index, send] of group.entries()) setTimeout(send, 2 * index);
  }
}

const groupSize = 4;
const groupWaitMs = 80;

/** Holds back who comes, and lets them go in groups, the last first. */
export class ReverseLine {
  #waiting: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length >= groupSize) this.release();
      else this.#timer ??= setTimeout(() => this.release(), groupWaitMs);
    });
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const group = this.#waiting.toReversed();
    this.#waiting = [];
    // Each is on its way before the next: they are on different connections.
    for (const [index, go] of group.entries()) setTimeout(go, index);
  }
}

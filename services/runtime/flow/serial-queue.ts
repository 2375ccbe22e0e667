/** Runs tasks one at a time, in the order in which they came. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** What goes wrong is its caller's to hear, not its successor's. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#last.then(task);
    this.#last = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  /** When all that came until now is done. */
  async idle(): Promise<void> {
    await this.#last;
  }
}

import type { SimProcess } from "./scheduler.ts";

export interface Scheduled {
  atMs: number;
  owner: SimProcess;
  label: string;
  run: () => void;
  isCancelled: boolean;
}

/** Scheduled events, earliest first; of two at the same time the one that was scheduled first. A binary heap. */
export class EventQueue {
  readonly #heap: { event: Scheduled; order: number }[] = [];
  #pushed = 0;

  push(event: Scheduled): Scheduled {
    this.#pushed += 1;
    const heap = this.#heap;
    const added = { event, order: this.#pushed };
    let index = heap.length;
    heap.push(added);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(added, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = added;
    return event;
  }

  pop(): Scheduled | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first?.event;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return first.event;
  }
}

function isBefore(
  left: { event: Scheduled; order: number },
  right: { event: Scheduled; order: number },
): boolean {
  return (
    left.event.atMs < right.event.atMs || (left.event.atMs === right.event.atMs && left.order < right.order)
  );
}

interface Node<Value> {
  readonly key: string;
  value: Value;
  /** Neighbours in the order of use; the list is a ring through `#ring`. */
  newer: Node<Value>;
  older: Node<Value>;
}

/**
 * A bounded map that evicts its least recently used entry. The order of use is a doubly linked list beside the Map: a
 * Map that is also the list, by `delete` and `set` on each use, keeps each deleted entry in its hash chain until the
 * table is rebuilt, so that one key used often in a large table costs more and more.
 *
 * Invariant: every node of the ring but `#ring` itself is the value of its key in `#nodes`, and nothing else is.
 */
export class Lru<Value> {
  readonly #maxEntries: number;
  readonly #nodes = new Map<string, Node<Value>>();
  /** Between the most recently used entry (`older`) and the least recently used one (`newer`). Holds no entry. */
  readonly #ring: Node<Value>;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
    const ring = { key: "", value: undefined as Value } as Node<Value>;
    ring.newer = ring.older = ring;
    this.#ring = ring;
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** The value of `key`, which counts as a use. */
  use(key: string): Value | undefined {
    const node = this.#nodes.get(key);
    if (!node) return undefined;
    if (this.#ring.older !== node) {
      unlink(node);
      this.#insertNewest(node);
    }
    return node.value;
  }

  /** The value of `key`, which does not count as a use. */
  peek(key: string): Value | undefined {
    return this.#nodes.get(key)?.value;
  }

  /** A new entry counts as a use, a replaced value does not. Evicts an entry when there are too many. */
  set(key: string, value: Value): void {
    const known = this.#nodes.get(key);
    if (known) {
      known.value = value;
      return;
    }
    const node: Node<Value> = { key, value, newer: this.#ring, older: this.#ring };
    this.#nodes.set(key, node);
    this.#insertNewest(node);
    if (this.#nodes.size > this.#maxEntries) this.delete(this.#ring.newer.key);
  }

  delete(key: string): void {
    const node = this.#nodes.get(key);
    if (!node) return;
    this.#nodes.delete(key);
    unlink(node);
  }

  clear(): void {
    this.#nodes.clear();
    this.#ring.newer = this.#ring.older = this.#ring;
  }

  #insertNewest(node: Node<Value>): void {
    node.newer = this.#ring;
    node.older = this.#ring.older;
    this.#ring.older.newer = node;
    this.#ring.older = node;
  }
}

function unlink<Value>(node: Node<Value>): void {
  node.newer.older = node.older;
  node.older.newer = node.newer;
}

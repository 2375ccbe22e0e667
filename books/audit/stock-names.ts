/**
 * Gives each name an index: 0, 1, 2 … in the order in which they are added. Names that are added in ascending order, as
 * the stocks of a market are, take little more memory than their letters; the others are kept as strings.
 */
export class StockNames {
  #letters = Buffer.alloc(1_024);
  /** Where each packed name ends among the letters. */
  #ends = new Uint32Array(64);
  #packed = 0;
  readonly #others: string[] = [];
  readonly #otherIndexes = new Map<string, number>();

  get size(): number {
    return this.#packed + this.#others.length;
  }

  indexOf(name: string): number | undefined {
    const index = this.#search(name);
    return index >= 0 ? index : this.#otherIndexes.get(name);
  }

  /** The index of a name, which is added if it is new. */
  add(name: string): number {
    const known = this.indexOf(name);
    if (known !== undefined) return known;
    const index = this.size;
    const isNext = this.#others.length === 0 && this.#search(name) === -1 - this.#packed;
    if (isNext && isAscii(name)) this.#pack(name);
    else {
      this.#others.push(name);
      this.#otherIndexes.set(name, index);
    }
    return index;
  }

  nameAt(index: number): string {
    if (index >= this.#packed) return this.#others[index - this.#packed] ?? "";
    return this.#letters.toString("latin1", this.#startOf(index), this.#endOf(index));
  }

  #pack(name: string): void {
    const start = this.#startOf(this.#packed);
    const end = start + name.length;
    if (end > this.#letters.length) this.#letters = doubled(this.#letters, Buffer.alloc(2 * end));
    if (this.#packed === this.#ends.length)
      this.#ends = doubled(this.#ends, new Uint32Array(2 * this.#packed));
    for (let index = 0; index < name.length; index += 1)
      this.#letters[start + index] = name.charCodeAt(index);
    this.#ends[this.#packed] = end;
    this.#packed += 1;
  }

  /** The index of a packed name; for another name -1 minus the index that it would have. */
  #search(name: string): number {
    let from = 0;
    let to = this.#packed;
    while (from < to) {
      const middle = (from + to) >> 1;
      const order = this.#compare(name, middle);
      if (order === 0) return middle;
      if (order < 0) to = middle;
      else from = middle + 1;
    }
    return -1 - from;
  }

  #compare(name: string, index: number): number {
    const start = this.#startOf(index);
    const length = this.#endOf(index) - start;
    for (let offset = 0; offset < name.length && offset < length; offset += 1) {
      const order = name.charCodeAt(offset) - (this.#letters[start + offset] ?? 0);
      if (order !== 0) return order;
    }
    return name.length - length;
  }

  #startOf(index: number): number {
    return index === 0 ? 0 : this.#endOf(index - 1);
  }

  #endOf(index: number): number {
    return this.#ends[index] ?? 0;
  }
}

function isAscii(name: string): boolean {
  return Buffer.byteLength(name) === name.length;
}

/** Copies `array` to the beginning of `room`, which is larger. */
function doubled<Numbers extends Uint8Array | Uint32Array>(array: Numbers, room: Numbers): Numbers {
  room.set(array);
  return room;
}

/**
 * Gives each name a place: 0, 1, 2 … in the order in which they came. Names that come in ascending order, as a market's
 * million stocks do, take little more than their letters; the few that come out of it are kept as they are.
 */
export class StockNames {
  #letters = Buffer.alloc(1_024);
  /** Where each packed name ends among the letters. */
  #ends = new Uint32Array(64);
  #packed = 0;
  readonly #others: string[] = [];
  readonly #otherPlaces = new Map<string, number>();

  get size(): number {
    return this.#packed + this.#others.length;
  }

  placeOf(name: string): number | undefined {
    const place = this.#search(name);
    return place >= 0 ? place : this.#otherPlaces.get(name);
  }

  /** The place of a name, which it gets now if it has none. */
  add(name: string): number {
    const known = this.placeOf(name);
    if (known !== undefined) return known;
    const place = this.size;
    const isNext = this.#others.length === 0 && this.#search(name) === -1 - this.#packed;
    if (isNext && isAscii(name)) this.#pack(name);
    else {
      this.#others.push(name);
      this.#otherPlaces.set(name, place);
    }
    return place;
  }

  nameAt(place: number): string {
    if (place >= this.#packed) return this.#others[place - this.#packed] ?? "";
    return this.#letters.toString("latin1", this.#startOf(place), this.#endOf(place));
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

  /** The place of a packed name; of another, -1 less the place that it would have. */
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

  #compare(name: string, place: number): number {
    const start = this.#startOf(place);
    const length = this.#endOf(place) - start;
    for (let index = 0; index < name.length && index < length; index += 1) {
      const order = name.charCodeAt(index) - (this.#letters[start + index] ?? 0);
      if (order !== 0) return order;
    }
    return name.length - length;
  }

  #startOf(place: number): number {
    return place === 0 ? 0 : this.#endOf(place - 1);
  }

  #endOf(place: number): number {
    return this.#ends[place] ?? 0;
  }
}

function isAscii(name: string): boolean {
  return Buffer.byteLength(name) === name.length;
}

/** `room`, which is larger, begins with what is in `array`. */
function doubled<Numbers extends Uint8Array | Uint32Array>(array: Numbers, room: Numbers): Numbers {
  room.set(array);
  return room;
}

/** A disk writes such a piece of a file whole or not at all. */
export const sectorBytes = 512;

/** The bytes of a file. What was never written, within its length, is zero. */
export class FileImage {
  #room: Uint8Array;
  #length = 0;

  /** It grows by itself, and faster when it is told before how far. */
  constructor(expectedLength: number) {
    this.#room = new Uint8Array(expectedLength);
  }

  get bytes(): Uint8Array {
    return this.#room.subarray(0, this.#length);
  }

  write(at: number, bytes: Uint8Array): void {
    this.growTo(at + bytes.length);
    this.#room.set(bytes, at);
  }

  growTo(length: number): void {
    if (length > this.#room.length) {
      const room = new Uint8Array(Math.max(length, 2 * this.#room.length));
      room.set(this.bytes);
      this.#room = room;
    }
    this.#length = Math.max(this.#length, length);
  }

  cutTo(length: number): void {
    this.growTo(length);
    // Who lets the file grow again finds zeros there.
    this.#room.fill(0, length, this.#length);
    this.#length = length;
  }
}

/** A write by the sectors that it touches. */
export function* sectorsOf(at: number, bytes: Uint8Array): Generator<{ at: number; bytes: Uint8Array }> {
  for (let from = 0; from < bytes.length;) {
    const to = Math.min(bytes.length, from + sectorBytes - ((at + from) % sectorBytes));
    yield { at: at + from, bytes: bytes.subarray(from, to) };
    from = to;
  }
}

/** A disk writes a sector as a whole or not at all. */
export const sectorBytes = 512;

/** The bytes of a file. Bytes within its length that were never written are zero. */
export class FileImage {
  #buffer: Uint8Array;
  #length = 0;

  /** `expectedLength` saves copies when the file grows. */
  constructor(expectedLength: number) {
    this.#buffer = new Uint8Array(expectedLength);
  }

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  write(at: number, bytes: Uint8Array): void {
    this.growTo(at + bytes.length);
    this.#buffer.set(bytes, at);
  }

  growTo(length: number): void {
    if (length > this.#buffer.length) {
      const buffer = new Uint8Array(Math.max(length, 2 * this.#buffer.length));
      buffer.set(this.bytes);
      this.#buffer = buffer;
    }
    this.#length = Math.max(this.#length, length);
  }

  truncate(length: number): void {
    this.growTo(length);
    // Zeros, should the file grow again.
    this.#buffer.fill(0, length, this.#length);
    this.#length = length;
  }
}

/** A write, split at the sectors' bounds. */
export function* sectorsOf(at: number, bytes: Uint8Array): Generator<{ at: number; bytes: Uint8Array }> {
  for (let from = 0; from < bytes.length;) {
    const to = Math.min(bytes.length, from + sectorBytes - ((at + from) % sectorBytes));
    yield { at: at + from, bytes: bytes.subarray(from, to) };
    from = to;
  }
}

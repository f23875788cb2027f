/** Cuts a stream into units that begin with a header: records (§5.1), handshake messages (§4). */

/** One stream. A unit that comes whole is a view of what was pushed; only a cut one is copied. */
export class Framer {
  #input: Uint8Array = new Uint8Array(0);
  #at = 0;
  #partial: Uint8Array | undefined;
  #have = 0;

  constructor(
    private readonly headerBytes: number,
    /** Bytes of a unit, with its header; it throws if they are too many. */
    private readonly unitBytes: (header: Uint8Array) => number,
  ) {}

  /** True if no unit is half there. */
  get isEmpty(): boolean {
    return this.#partial === undefined && this.#at === this.#input.length;
  }

  /** Takes more of the stream; `next` is called until it gives undefined before the next push. */
  push(bytes: Uint8Array): void {
    this.#input = bytes;
    this.#at = 0;
  }

  /** The next whole unit. */
  next(): Uint8Array | undefined {
    if (this.#partial) return this.#complete();
    const rest = this.#input.length - this.#at;
    if (rest === 0) return undefined;
    if (rest < this.headerBytes) {
      this.#partial = new Uint8Array(this.headerBytes);
      return this.#complete();
    }
    const total = this.unitBytes(this.#input.subarray(this.#at, this.#at + this.headerBytes));
    if (rest < total) {
      this.#partial = new Uint8Array(total);
      return this.#complete();
    }
    this.#at += total;
    return this.#input.subarray(this.#at - total, this.#at);
  }

  /** Fills the cut unit, whose length is known once its header is whole. */
  #complete(): Uint8Array | undefined {
    this.#fill();
    let partial = this.#partial!;
    if (this.#have < partial.length) return undefined;
    if (partial.length === this.headerBytes) {
      const total = this.unitBytes(partial);
      const whole = new Uint8Array(total);
      whole.set(partial);
      this.#partial = partial = whole;
      this.#fill();
      if (this.#have < total) return undefined;
    }
    this.#partial = undefined;
    this.#have = 0;
    return partial;
  }

  #fill(): void {
    const partial = this.#partial!;
    const end = Math.min(this.#input.length, this.#at + partial.length - this.#have);
    partial.set(this.#input.subarray(this.#at, end), this.#have);
    this.#have += end - this.#at;
    this.#at = end;
  }
}

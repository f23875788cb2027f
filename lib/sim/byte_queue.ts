/** Bytes in order, put in at one end in pieces and taken out at the other in other pieces. */

/** A queue of bytes. */
export class ByteQueue {
  private pieces: Uint8Array[] = [];
  private bytes = 0;

  /** Number of bytes. */
  get length(): number {
    return this.bytes;
  }

  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.pieces.push(piece);
    this.bytes += piece.length;
  }

  /** Takes the first `count` bytes, or all if there are fewer. */
  take(count: number): Uint8Array {
    const taken = new Uint8Array(Math.min(count, this.bytes));
    let length = 0;
    let whole = 0;
    while (length < taken.length) {
      const piece = this.pieces[whole]!;
      const part = piece.subarray(0, taken.length - length);
      taken.set(part, length);
      length += part.length;
      if (part.length === piece.length) whole++;
      else this.pieces[whole] = piece.subarray(part.length);
    }
    this.pieces.splice(0, whole);
    this.bytes -= length;
    return taken;
  }

  /** Drops all but the first `count` bytes. */
  truncate(count: number): void {
    if (count >= this.bytes) return;
    const kept = this.take(count);
    this.pieces = kept.length === 0 ? [] : [kept];
    this.bytes = kept.length;
  }
}

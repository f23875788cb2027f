/** What has come and waits for the program, in order, with its end. */

import { unawaited } from "./unawaited.ts";

interface Item<T> {
  readonly value: T;
  readonly size: number;
}

/** What a piece costs besides its bytes: whoever sends single bytes fills no memory with them. */
export const PIECE_BYTES = 256;

/** The bytes without what else has come with them, unless that is little. */
export function keepable(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength > 2 * bytes.length ? bytes.slice() : bytes;
}

/** A queue between a connection and a program. */
export class Inbox<T> {
  private readonly items: Item<T>[] = [];
  private readonly takers: ((value: T | undefined) => void)[] = [];
  private readonly failing: ((error: Error) => void)[] = [];
  /** How much waits. */
  size = 0;
  private isEnded = false;
  private failure: Error | undefined;
  private isDropping = false;
  private onRoom: (() => void) | undefined;

  /** Adds what has come. */
  put(value: T, size: number): void {
    if (this.isEnded || this.isDropping) return;
    const taker = this.takers.shift();
    this.failing.shift();
    if (taker !== undefined) return taker(value);
    this.items.push({ value, size });
    this.size += size;
  }

  /** Nothing more will come, because of a failure or in order; what has come can be taken. */
  end(failure?: Error): void {
    // A failure behind the end is none of what was received.
    if (this.isEnded) return;
    this.isEnded = true;
    this.failure = failure;
    const takers = this.takers.splice(0);
    const failing = this.failing.splice(0);
    for (const [at, taker] of takers.entries()) {
      if (failure === undefined) taker(undefined);
      else failing[at]!(failure);
    }
    this.tellRoom();
  }

  /** What has come and what comes is not wanted. */
  drop(): void {
    this.isDropping = true;
    this.items.length = 0;
    this.size = 0;
    this.tellRoom();
  }

  /** The next; `undefined` behind the end. Rejects behind a failure. */
  take(): Promise<T | undefined> {
    return unawaited(this.next());
  }

  private next(): Promise<T | undefined> {
    const item = this.items.shift();
    if (item !== undefined) {
      this.size -= item.size;
      this.tellRoom();
      return Promise.resolve(item.value);
    }
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (this.isEnded) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.takers.push(resolve);
      this.failing.push(reject);
    });
  }

  /** Resolved as soon as less than so much waits, or nothing more can come. */
  async below(limit: number): Promise<void> {
    while (this.size >= limit && !this.isEnded) {
      await new Promise<void>((resolve) => this.onRoom = resolve);
    }
  }

  private tellRoom(): void {
    const { onRoom } = this;
    this.onRoom = undefined;
    onRoom?.();
  }
}

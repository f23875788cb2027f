/** The user of a counting element: it says a line again until it is acknowledged. */

import assert from "node:assert/strict";
import type { PoolUser, Session } from "../../../mod.ts";

const text = new TextDecoder();
const bytes = new TextEncoder();

/** One session, and what it has heard. */
export class CountingUser {
  /** How often it has lost its element and found another. */
  failovers = 0;
  /** Lines that were acknowledged. */
  acknowledged = 0;
  /** How many lines the element says that it has counted. */
  counted = 0;
  private session!: Session;
  private partial = "";
  /** Whose line the partial one is. */
  private speaker = 0;
  /** The line that is not acknowledged yet. */
  private pending: Uint8Array | undefined;

  private constructor() {}

  static async connect(user: PoolUser, poolHandle: string): Promise<CountingUser> {
    const counting = new CountingUser();
    counting.session = await user.connect(poolHandle, {
      onFailover: (failover) => {
        counting.failovers++;
        assert.notEqual(failover.to.identifier, failover.from.identifier);
        if (counting.pending !== undefined) failover.send(counting.pending);
      },
    });
    return counting;
  }

  /** The element that it is on. */
  get element(): number {
    return this.session.poolElement.identifier;
  }

  /** Says the next line and waits until it is acknowledged, by whatever element. */
  async say(): Promise<void> {
    const number = this.acknowledged + 1;
    this.pending = bytes.encode(`${number}\n`);
    await this.session.send(this.pending);
    for (;;) {
      const [echoed, counted] = (await this.line()).split(" ").map(Number);
      // A line that was said again may be answered again.
      if (echoed! < number) continue;
      assert.equal(echoed, number);
      this.acknowledged = number;
      this.counted = counted!;
      this.pending = undefined;
      return;
    }
  }

  async close(): Promise<void> {
    await this.session.close();
  }

  /** The next whole line; what an element that was lost has begun is forgotten. */
  private async line(): Promise<string> {
    for (;;) {
      const end = this.partial.indexOf("\n");
      if (end >= 0) {
        const line = this.partial.slice(0, end);
        this.partial = this.partial.slice(end + 1);
        return line;
      }
      const received = await this.session.receive();
      if (received === undefined) throw new Error("the element has ended the session");
      const { identifier } = received.poolElement;
      if (identifier !== this.speaker) this.partial = "";
      this.speaker = identifier;
      this.partial += text.decode(received.bytes);
    }
  }
}

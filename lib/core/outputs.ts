/** The queue of outputs that every machine has, and the numbers of the associations it dials. */

import type {
  Association,
  Message,
  Output,
  ProtocolName,
  SecurityKind,
  SocketAddress,
} from "./machine.ts";

/** Outputs in the order in which they were asked for. */
export class Outputs<Event> {
  private queue: Output<Event>[] = [];
  private next = 0;
  private lastDialled: Association = -1;

  send(association: Association, message: Message): void {
    this.queue.push({ type: "send", association, message });
  }

  /** Asks for an association; `connected` or `disconnected` will name the number returned. */
  connect(
    protocol: ProtocolName,
    to: SocketAddress,
    timeoutMs: number,
    security?: SecurityKind,
  ): Association {
    this.lastDialled += 2;
    const association = this.lastDialled;
    this.queue.push({ type: "connect", association, protocol, to, timeoutMs, security });
    return association;
  }

  close(association: Association): void {
    this.queue.push({ type: "close", association });
  }

  pause(association: Association, forMs: number): void {
    this.queue.push({ type: "pause", association, forMs });
  }

  event(event: Event): void {
    this.queue.push({ type: "event", event });
  }

  poll(): Output<Event> | undefined {
    const output = this.queue[this.next++];
    if (output === undefined) {
      this.queue = [];
      this.next = 0;
    }
    return output;
  }
}

/** Requests that wait for one another on a connection: each answer is held until its turn comes. */

import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { HttpLimits } from "./limits.ts";

/** A connection, and what reads requests of it. */
type Parsed = Socket & { readonly parser?: { onIncoming?: () => number } | null };

/** Who sends requests and reads nothing (RFC 9112 §9.3.2) would fill the memory with answers. */
export class Unanswered {
  private readonly counts = new WeakMap<Socket, number>();
  private readonly limit: number;

  constructor({ pipelined }: Pick<HttpLimits, "pipelined">) {
    this.limit = pipelined;
  }

  /** Counts a request until its answer was read; `false`: it was one too many, and all is over. */
  add(socket: Socket, response: ServerResponse): boolean {
    const count = this.counts.get(socket) ?? 0;
    if (socket.destroyed || count >= this.limit) {
      cutOff(socket);
      return false;
    }
    this.counts.set(socket, count + 1);
    response.once("close", () => this.counts.set(socket, this.counts.get(socket)! - 1));
    return true;
  }
}

/** Thousands of requests that came with this one would each be made, and take seconds. */
function cutOff(socket: Parsed): void {
  const { parser } = socket;
  if (parser) parser.onIncoming = () => 0;
  socket.destroy();
}

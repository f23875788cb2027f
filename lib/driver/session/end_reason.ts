/** How a session's connection has ended, or why there was none. */

import type { DisconnectReason, SessionFault } from "../../core/mod.ts";
import { type Connection, DialFailed } from "../../net/mod.ts";

/** Of a connection that has nothing more to read. */
export function reasonOf({ ended }: Connection): DisconnectReason {
  return ended === "reset" || ended === "timed-out" ? ended : "closed";
}

/** Of a dial that has led to nothing. */
export function dialFaultOf(error: unknown): SessionFault {
  if (error instanceof DialFailed) return { reason: error.reason, detail: error.detail };
  return { reason: "failed", detail: String(error) };
}

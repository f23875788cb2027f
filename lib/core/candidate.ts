/** A registrar on its way to be picked by a server hunt. RFC 5352 §3.6. */

import type { Attempt } from "./attempt.ts";
import type { Association, Instant, SocketAddress } from "./machine.ts";

/** A registrar that is dialled, or connected and not yet picked. */
export interface Candidate {
  readonly association: Association;
  readonly address: SocketAddress;
  readonly dialledAt: Instant;
  connected: boolean;
  /** What is known of it, should no answer come. */
  remark: { readonly reason: "silent" | "garbage"; readonly detail: string } | undefined;
}

/** What is to be said of a candidate that has had its time. */
export function unanswered({ address, connected, remark }: Candidate): Attempt {
  if (remark !== undefined) return { address, ...remark };
  return { address, reason: connected ? "silent" : "timed-out" };
}

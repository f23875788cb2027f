/** The attempts of a server hunt, and how to follow them. RFC 5352 §3.6. */

import type { DisconnectReason, SocketAddress } from "./machine.ts";
import type { HuntOutlet } from "./server_hunt.ts";

/** What became of one attempt to be served by a registrar. */
export interface Attempt {
  /** Where it is. */
  readonly address: SocketAddress;
  /** `silent`: the association was open, and no answer came in time. */
  readonly reason: DisconnectReason | "silent";
  /** More for people, such as what is spoken there instead. */
  readonly detail?: string | undefined;
}

/** What a machine with the option `tellsAttempts` tells besides. */
export type AttemptEvent =
  /** A registrar is being reached, to be asked. */
  | { readonly type: "registrar-dialled"; readonly registrar: SocketAddress }
  /** It cannot be reached, or does not answer rightly. */
  | ({ readonly type: "registrar-failed" } & Attempt);

/** An outlet that also tells of each attempt, if that is wanted. */
export function followed(
  outlet: HuntOutlet,
  isWanted: boolean | undefined,
  outputs: { event(event: AttemptEvent): void },
): HuntOutlet {
  if (isWanted !== true) return outlet;
  return {
    ...outlet,
    connect(protocol, to, timeoutMs) {
      outputs.event({ type: "registrar-dialled", registrar: to });
      return outlet.connect(protocol, to, timeoutMs);
    },
    noted: (attempt) => outputs.event({ type: "registrar-failed", ...attempt }),
  };
}

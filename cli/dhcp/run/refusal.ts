/** Beside which other servers a DHCP server may not run. docs/dhcp.md §3.1, §8.1. */

import type { StoredBindingServer } from "../../api.ts";
import type { DhcpPlan } from "./options.ts";

/** A server as far as it matters here. */
export type OtherServer = Pick<
  StoredBindingServer,
  "identifier" | "name" | "first" | "last" | "share" | "shares" | "flags"
>;

/** This server. */
export interface ThisServer extends Pick<DhcpPlan, "name" | "first" | "last" | "share" | "shares"> {
  readonly identifier: number;
  readonly isAuthoritative: boolean;
}

/**
 * Why a server may not run; `undefined`: it may. One that is down by an operator's word is none.
 *
 * One that runs already does not end because of one that comes and should not: that one does. Where
 * both run, as they could not know of each other, it is the one with the higher identifier.
 */
export function refusal(
  own: ThisServer,
  servers: Iterable<OtherServer>,
  isRunning: boolean,
): string | undefined {
  for (const other of servers) {
    if (other.identifier === own.identifier || other.flags.includes("down")) continue;
    const yields = !isRunning || own.identifier > other.identifier;
    const why = (yields ? misfit(own, other) : undefined) ?? authority(own, other, isRunning) ??
      (isRunning ? undefined : sameName(own, other));
    if (why !== undefined) return why;
  }
  return undefined;
}

function misfit(own: ThisServer, other: OtherServer): string | undefined {
  if (other.first !== own.first || other.last !== own.last) {
    return `--range ${own.first}-${own.last} is not that of server ${other.name}, ` +
      `${other.first}-${other.last}: all servers of a pool have one range`;
  }
  if (other.shares !== own.shares) {
    return `--share ${own.share}/${own.shares}: server ${other.name} has one of ` +
      `${other.shares} shares`;
  }
  if (other.share !== own.share) return undefined;
  return `--share ${own.share}/${own.shares} is that of server ${other.name}; if that one is ` +
    `gone for good, free its share: rserpool dhcp partner-down ${other.name}`;
}

/** One that runs goes on: what it gives is its own, whatever it is called. */
function sameName(own: ThisServer, other: OtherServer): string | undefined {
  if (other.name !== own.name) return undefined;
  return `--name ${own.name} is that of the server of share ${other.share}/${other.shares}: ` +
    "an operator could not tell them apart";
}

function authority(
  own: ThisServer,
  other: OtherServer,
  isRunning: boolean,
): string | undefined {
  if (own.isAuthoritative) {
    return `dnsmasq's dhcp-authoritative is for the only server of a pool: it would refuse the ` +
      `clients of server ${other.name}; leave it out, or, if that one is gone for good, first do ` +
      `rserpool dhcp partner-down ${other.name}`;
  }
  if (isRunning || !other.flags.includes("authoritative")) return undefined;
  return `server ${other.name} is dhcp-authoritative: it would refuse this server's clients; ` +
    "start it without that first";
}

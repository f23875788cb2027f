/**
 * Which addresses may be registered. RFC 5352 §2.2.1: "the IP address(es) of the PE […] MUST be a
 * subset of the IP address(es) used in the SCTP association"; docs/tcp-mapping.md §5 for TCP.
 */

import {
  comparableAddress,
  type IpAddress,
  isLoopback,
  isUnspecified,
  type Transport,
} from "../../wire/mod.ts";
import type { SocketAddress } from "../machine.ts";
import { isInRange } from "../security/address_range.ts";
import type { OpenAssociation } from "./child.ts";
import type { RegistrarOptions } from "./contract.ts";
import type { RegistrarState } from "./state.ts";

/** Why a pool user could not use an address, or should not be sent there; undefined: it may. */
export function addressProblem(
  state: RegistrarState,
  open: OpenAssociation,
  address: IpAddress,
): string | undefined {
  const { options } = state;
  if (isUnspecified(address)) return `${address} is no address of a pool element`;
  if (options.addressCheck === "any") return undefined;
  if (!isObserved(options, open, address) && !isEntitled(open, address)) {
    return `${address} is not ${open.address}, from where the association comes`;
  }
  if (isLoopback(address) && servesOthers(state)) {
    return `${address} is reachable from this host only, and the registrar serves others`;
  }
  return undefined;
}

/** Whether others than this host's may be told of an address. */
function servesOthers({ options, peers }: RegistrarState): boolean {
  return !options.loopbackOnly || (options.mentors ?? []).length > 0 || peers.peers.size > 0;
}

/**
 * Where the registrar may dial the element (protocol decision 19): its ASAP Transport, if the
 * address is the registrant's own, whatever the check of other addresses is.
 */
export function usableEndpoint(
  options: RegistrarOptions,
  open: OpenAssociation,
  transport: Transport | undefined,
): SocketAddress | undefined {
  const endpoint = endpointOf(transport);
  if (endpoint === undefined) return undefined;
  const mayBeDialled = isObserved(options, open, endpoint.host) || isEntitled(open, endpoint.host);
  return mayBeDialled ? endpoint : undefined;
}

/** Whether an address is in one of the identity's ranges (protocol decision 19). */
function isEntitled({ rights }: OpenAssociation, address: IpAddress): boolean {
  return rights !== undefined && rights.addresses.some((range) => isInRange(range, address));
}

/** The ASAP endpoint that an ASAP Transport names; none without a port (protocol decision 19). */
export function endpointOf(transport: Transport | undefined): SocketAddress | undefined {
  if (transport?.protocol !== "tcp" || transport.port === 0) return undefined;
  return { host: comparableAddress(transport.addresses[0]!), port: transport.port };
}

/** Whether an address is the observed one, or of this host if the association does not leave it. */
export function isObserved(
  options: RegistrarOptions,
  open: OpenAssociation,
  address: IpAddress,
): boolean {
  const compared = comparableAddress(address);
  if (compared === open.address) return true;
  if (!isLoopback(open.address)) return false;
  return isLoopback(compared) ||
    options.interfaceAddresses().some((own) => comparableAddress(own) === compared);
}

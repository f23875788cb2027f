/**
 * ENRP as rsplib reads and writes it, and as the other procedures know it: a pure translation in
 * both directions. docs/tcp-mapping.md §11 has each rule and its reason.
 */

import {
  comparableAddress,
  type EnrpMessage,
  type IpAddress,
  isIpv6,
  type PoolElement,
  type PoolHandle,
  poolHandleLength,
  type ServerInformation,
  type Transport,
  USE_DATA_ONLY,
} from "../../wire/mod.ts";
import type { Dialect, Hearing } from "./compat.ts";

type Enrp<Type extends EnrpMessage["type"]> = Extract<EnrpMessage, { type: Type }>;
type Usable = Exclude<Transport, { protocol: "opaque" }>;
type Pools = Enrp<"ENRP_HANDLE_TABLE_RESPONSE">["pools"];

/** Its process ends at a longer pool handle, whoever sends it. */
const MAX_HANDLE_BYTES = 32;
/** The largest Registration Life, in milliseconds: nearly 25 days. */
const MAX_LIFE_MS = 0x7fffffff;
/** The discard service: where an element without ASAP endpoint "listens", as port 0 is refused. */
const DISCARD_PORT = 9;
/** Addresses of one transport. */
const MAX_ADDRESSES = 32;
/** The scopes that it drops: unspecified, loopback, link-local. */
const DROPPED = /^(127\.|169\.254\.|0\.0\.0\.0$|::1?$|fe[89ab])/;
/** User transports that it knows; any other one fails the whole message. */
const PROTOCOLS: readonly string[] = ["sctp", "tcp", "udp"];
/** Bytes of an SCTP Transport with one IPv6 address: what an element's parameter may grow by. */
const ENDPOINT_BYTES = 28;

/** What differs between rsplib and the RFCs in one place, for the procedures that must know. */
export const RSPLIB: Dialect = {
  outgoing,
  incoming,
  isTellable: ({ poolHandle, poolElement, consistent }) =>
    consistent && isHandleTellable(poolHandle) && isElementTellable(poolElement),
  tablePageElements: 128,
  tablePageBytes: 1400,
  extraElementBytes: ENDPOINT_BYTES,
};

/**
 * A message as rsplib takes it; `undefined` if there is none. Every value is named here, so that
 * what others add to our messages never reaches it: a parameter at the end that it does not know
 * fails the whole message, whatever its action bits say.
 */
function outgoing(message: EnrpMessage): EnrpMessage | undefined {
  switch (message.type) {
    case "ENRP_PRESENCE":
      return presence(message);
    case "ENRP_LIST_RESPONSE":
      return list(message);
    case "ENRP_HANDLE_TABLE_RESPONSE":
      return table(message);
    case "ENRP_HANDLE_UPDATE":
      return update(message);
    case "ENRP_TAKEOVER_SERVER":
      // Our way of ending in order: the RFC has no such message, and it finds out by itself.
      return message.target === message.sender ? undefined : message;
    case "ENRP_BINDING_UPDATE":
    case "ENRP_BINDING_REPLY":
    case "ENRP_BINDING_DUMP_REQUEST":
    case "ENRP_BINDING_DUMP":
      // It knows no DHCP bindings.
      return undefined;
    default:
      return message;
  }
}

/** It demands the checksum, then the Server Information. */
function presence(message: Enrp<"ENRP_PRESENCE">): EnrpMessage | undefined {
  const { type, sender, receiver, replyRequired, checksum } = message;
  if (checksum === undefined || message.serverInformation === undefined) return undefined;
  const serverInformation = toSctp(message.serverInformation);
  return { type, sender, receiver, replyRequired, checksum, serverInformation };
}

/** One server without an address that it can use fails the whole list. */
function list(message: Enrp<"ENRP_LIST_RESPONSE">): EnrpMessage {
  const { type, sender, receiver, reject } = message;
  const isTellable = ({ identifier, transport }: ServerInformation) =>
    !reject && identifier !== 0 && isUsable(transport) && isDialled(transport);
  const servers = message.servers.filter(isTellable).map(toSctp);
  return { type, sender, receiver, reject, servers };
}

function table(message: Enrp<"ENRP_HANDLE_TABLE_RESPONSE">): EnrpMessage {
  const { type, sender, receiver, moreToSend, reject } = message;
  const pools = message.pools.flatMap(({ poolHandle, poolElements }) => {
    if (reject || !isHandleTellable(poolHandle)) return [];
    const tellable = poolElements.map(toRsplib).filter((each) => each !== undefined);
    // One that is not like the others of its pool fails the whole table.
    const told = tellable.filter((each) => isAlike(each, tellable[0]!));
    return told.length === 0 ? [] : [{ poolHandle, poolElements: told }];
  });
  return { type, sender, receiver, moreToSend, reject, pools };
}

function update(message: Enrp<"ENRP_HANDLE_UPDATE">): EnrpMessage | undefined {
  const { type, sender, receiver, action, poolHandle } = message;
  const poolElement = toRsplib(message.poolElement);
  if (poolElement === undefined || !isHandleTellable(poolHandle)) return undefined;
  // It could not reach an element of ours to take it over.
  const takeoverSuggestion = false;
  return { type, sender, receiver, takeoverSuggestion, action, poolHandle, poolElement };
}

function isHandleTellable(poolHandle: PoolHandle): boolean {
  const bytes = poolHandleLength(poolHandle);
  return bytes > 0 && bytes <= MAX_HANDLE_BYTES;
}

/** Whether it would take an element; asked often, so nothing is made. */
function isElementTellable({ identifier, home, policy, transport }: PoolElement): boolean {
  return identifier !== 0 && home !== 0 && policy.name !== "unknown" && isUsable(transport);
}

function isUsable(transport: Transport): transport is Usable {
  return transport.protocol !== "opaque" && PROTOCOLS.includes(transport.protocol) &&
    transport.addresses.some(isKept);
}

function isKept(address: IpAddress): boolean {
  return !DROPPED.test(comparableAddress(address));
}

function isAlike(one: PoolElement, other: PoolElement): boolean {
  return one.policy.name === other.policy.name &&
    one.transport.protocol === other.transport.protocol &&
    useOf(one.transport) === useOf(other.transport);
}

function useOf(transport: Transport): number {
  return transport.protocol === "opaque" ? USE_DATA_ONLY : transport.use;
}

/** A server at the same address and port over SCTP: that is where the relay is. */
function toSctp({ identifier, transport }: ServerInformation): ServerInformation {
  if (transport.protocol === "opaque") return { identifier, transport };
  const { port, addresses } = isUsable(transport) ? toUsable(transport) : transport;
  return { identifier, transport: { protocol: "sctp", port, use: USE_DATA_ONLY, addresses } };
}

/** An element with all that it demands; `undefined` for one that it would refuse. */
function toRsplib(element: PoolElement): PoolElement | undefined {
  if (!isElementTellable(element) || !isUsable(element.transport)) return undefined;
  const { identifier, home, policy } = element;
  const transport = toUsable(element.transport);
  const registrationLife = toMilliseconds(element.registrationLife);
  const asapTransport = toEndpoint(element.asapTransport, transport.addresses[0]!);
  return { identifier, home, registrationLife, transport, policy, asapTransport };
}

/** A transport with the addresses that it keeps, of the first one's family, as many as it takes. */
function toUsable(transport: Usable): Usable {
  const kept = transport.addresses.filter(isKept).map(comparableAddress);
  const isLikeFirst = (each: IpAddress) => isIpv6(each) === isIpv6(kept[0]!);
  return { ...transport, addresses: kept.filter(isLikeFirst).slice(0, MAX_ADDRESSES) } as Usable;
}

/** Of SCTP type, whatever it is, and always there: one element without it fails a whole table. */
function toEndpoint(asapTransport: Transport | undefined, elsewhere: IpAddress): Transport {
  const nowhere = { port: DISCARD_PORT, addresses: [elsewhere] };
  const isThere = asapTransport && isUsable(asapTransport) && isDialled(asapTransport);
  const { port, addresses } = isThere ? toUsable(asapTransport) : nowhere;
  return { protocol: "sctp", port, use: USE_DATA_ONLY, addresses };
}

/** Whether somebody can be there for ASAP or ENRP. */
function isDialled({ protocol, port }: Usable): boolean {
  return (protocol === "tcp" || protocol === "sctp") && port > 0;
}

/** RFC 5354 §3.10 has seconds, rsplib milliseconds; for ever and nonsense are the same in both. */
function toMilliseconds(seconds: number): number {
  return seconds <= 0 ? seconds : Math.min(seconds * 1000, MAX_LIFE_MS);
}

/** Rounded up, as the life of an element that has one is never 0. */
function toSeconds(milliseconds: number): number {
  return milliseconds <= 0 ? milliseconds : Math.ceil(milliseconds / 1000);
}

/** A message of rsplib's as the procedures know it. */
function incoming(message: EnrpMessage, hearing: Hearing): EnrpMessage {
  switch (message.type) {
    case "ENRP_PRESENCE": {
      const { serverInformation } = message;
      if (serverInformation === undefined) return message;
      return { ...message, serverInformation: fromSctp(serverInformation, hearing) };
    }
    case "ENRP_LIST_RESPONSE":
      return { ...message, servers: message.servers.map((each) => fromSctp(each, hearing)) };
    case "ENRP_HANDLE_TABLE_RESPONSE":
      return { ...message, pools: fromPools(message.pools, hearing) };
    case "ENRP_HANDLE_UPDATE": {
      // Who speaks SCTP cannot be asked from here whether it lives: it finds its new home itself.
      const takeoverSuggestion = false;
      const poolElement = fromRsplib(message.poolElement, hearing);
      return { ...message, takeoverSuggestion, poolElement };
    }
    default:
      return message;
  }
}

function fromPools(pools: Pools, hearing: Hearing): Pools {
  return pools.map(({ poolHandle, poolElements }) => ({
    poolHandle,
    poolElements: poolElements.map((element) => fromRsplib(element, hearing)),
  }));
}

/** The relay is at the same address and port over TCP; of several, at the one that was seen. */
function fromSctp<T extends ServerInformation>(server: T, { observed }: Hearing): T {
  const { transport } = server;
  if (transport.protocol !== "sctp") return server;
  const { port, use } = transport;
  const addresses = transport.addresses.map(comparableAddress);
  const address = addresses.find((each) => each === observed) ??
    addresses.find((each) => isIpv6(each) === isIpv6(observed)) ?? addresses[0]!;
  return { ...server, transport: { protocol: "tcp", port, use, addresses: [address] } };
}

/** An ASAP endpoint stays of SCTP type, and undialled, unless its element is known to speak TCP. */
function fromRsplib(element: PoolElement, { speaksTcp }: Hearing): PoolElement {
  const { home, asapTransport } = element;
  const registrationLife = toSeconds(element.registrationLife);
  if (asapTransport?.protocol !== "sctp" || !speaksTcp(home)) {
    return { ...element, registrationLife };
  }
  const { port, use } = asapTransport;
  const [first] = asapTransport.addresses;
  const endpoint = { protocol: "tcp", port, use, addresses: [first!] } as const;
  return {
    ...element,
    registrationLife,
    asapTransport: port === DISCARD_PORT ? undefined : endpoint,
  };
}

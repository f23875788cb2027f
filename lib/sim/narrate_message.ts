/** A message in one line, with what matters in it, for transcripts. */

import type { Message, ProtocolName } from "../core/mod.ts";
import {
  asap,
  type AsapMessage,
  causeName,
  DecodeFailure,
  enrp,
  type EnrpMessage,
  type ErrorCause,
  loadFraction,
  type Policy,
  policyName,
  type PoolElement,
  type Transport,
} from "../wire/mod.ts";
import type { Names } from "./names.ts";

/** The line for the bytes of one message, or for bytes that are none. */
export function narrateBytes(protocol: ProtocolName, bytes: Uint8Array, names: Names): string {
  const decoded = protocol === "ASAP" ? asap.decode(bytes) : enrp.decode(bytes);
  if (decoded instanceof DecodeFailure) {
    const type = decoded.messageType ?? "no message";
    return `${type}, ${bytes.length} bytes: ${decoded.detail}`;
  }
  return narrateMessage(decoded.message, names);
}

/** The line for a message. */
export function narrateMessage(message: Message, names: Names): string {
  const essentials = message.type.startsWith("ASAP_")
    ? asapEssentials(message as AsapMessage, names)
    : enrpEssentials(message as EnrpMessage, names);
  return [message.type, ...essentials].filter((word) => word !== "").join(" ");
}

function asapEssentials(message: AsapMessage, names: Names): string[] {
  switch (message.type) {
    case "ASAP_REGISTRATION":
      return [
        `${message.poolHandle}/${names.element(message.poolElement.identifier)}`,
        narrateElement(message.poolElement),
      ];
    case "ASAP_REGISTRATION_RESPONSE":
    case "ASAP_DEREGISTRATION_RESPONSE": {
      const rejected = message.type === "ASAP_REGISTRATION_RESPONSE" && message.reject;
      return [
        `${message.poolHandle}/${names.element(message.peIdentifier)}`,
        rejected ? "rejected" : "",
        narrateCauses(message.causes),
      ];
    }
    case "ASAP_DEREGISTRATION":
    case "ASAP_ENDPOINT_KEEP_ALIVE_ACK":
      return [`${message.poolHandle}/${names.element(message.peIdentifier)}`];
    case "ASAP_ENDPOINT_UNREACHABLE": {
      const element = `${message.poolHandle}/${names.element(message.peIdentifier)}`;
      return [element, message.forced === true ? "forced" : ""];
    }
    case "ASAP_ENDPOINT_KEEP_ALIVE": {
      const { peIdentifier, poolHandle, serverIdentifier, home } = message;
      const which = peIdentifier === undefined ? "" : `/${names.element(peIdentifier)}`;
      const sender = `server=${names.registrar(serverIdentifier)}`;
      return [poolHandle + which, sender, home ? "H" : ""];
    }
    case "ASAP_HANDLE_RESOLUTION":
      return [
        message.poolHandle,
        message.items === undefined ? "" : `items=${message.items}`,
        message.dynamicUpdates ? "S" : "",
      ];
    case "ASAP_HANDLE_RESOLUTION_RESPONSE":
      return [
        message.poolHandle,
        message.causes ? "" : narrateElements(message.poolElements, names),
        message.policy ? policyName(message.policy) : "",
        message.automaticUpdates ? "A" : "",
        narrateCauses(message.causes),
      ];
    case "ASAP_ERROR":
      return [narrateCauses(message.causes)];
    case "ASAP_SERVER_ANNOUNCE":
      return [`server=${names.registrar(message.serverIdentifier)}`];
    case "ASAP_BUSINESS_CARD":
      return [message.poolHandle, narrateElements(message.poolElements, names)];
    case "ASAP_BINDING_UPDATE":
    case "ASAP_BINDING_REPLY":
    case "ASAP_BINDING_DUMP_REQUEST":
    case "ASAP_BINDING_DUMP": {
      const element = `${message.poolHandle}/${names.element(message.peIdentifier)}`;
      return [element, ...narrateBindings(message)];
    }
    default:
      return [];
  }
}

function enrpEssentials(message: EnrpMessage, names: Names): string[] {
  const ends = [
    `from=${names.registrar(message.sender)}`,
    `to=${names.registrar(message.receiver)}`,
  ];
  switch (message.type) {
    case "ENRP_PRESENCE": {
      const server = message.serverInformation?.transport;
      return [...ends, server?.protocol === "sctp" ? `at=${narrateTransport(server)}` : ""];
    }
    case "ENRP_HANDLE_TABLE_REQUEST":
      return [...ends, message.ownChildrenOnly ? "W" : ""];
    case "ENRP_HANDLE_TABLE_RESPONSE":
      return [
        ...ends,
        message.reject ? "rejected" : "",
        ...message.pools.map((pool) =>
          `${pool.poolHandle} ${narrateElements(pool.poolElements, names)}`
        ),
        message.moreToSend ? "M" : "",
      ];
    case "ENRP_LIST_RESPONSE": {
      const servers = message.servers.map((server) => names.registrar(server.identifier));
      return [...ends, message.reject ? "rejected" : ["{", ...servers, "}"].join(" ")];
    }
    case "ENRP_HANDLE_UPDATE": {
      const { poolHandle, poolElement, action } = message;
      const what = `${poolHandle}/${names.element(poolElement.identifier)}`;
      return [...ends, action === 0 ? "ADD_PE" : "DEL_PE", what, narrateForeign(poolElement)];
    }
    case "ENRP_ERROR":
      return [...ends, narrateCauses(message.causes)];
    case "ENRP_BINDING_UPDATE":
    case "ENRP_BINDING_REPLY":
    case "ENRP_BINDING_DUMP_REQUEST":
    case "ENRP_BINDING_DUMP":
      return [...ends, message.poolHandle ?? "", ...narrateBindings(message)];
    default:
      return ends;
  }
}

/** A pool element's attributes. */
export function narrateElement(element: PoolElement): string {
  const { transport, policy, registrationLife, asapTransport } = element;
  const life = registrationLife === -1 ? "infinite" : `${registrationLife}s`;
  const endpoint = asapTransport === undefined ? "none" : narrateTransport(asapTransport);
  return `${narrateTransport(transport)} ${narratePolicy(policy)} life=${life} asap=${endpoint}`;
}

/** What rsplib is told of an element, or tells of it. */
function narrateForeign({ registrationLife, asapTransport }: PoolElement): string {
  if (asapTransport?.protocol !== "sctp") return "";
  return `life=${registrationLife}ms asap=${narrateTransport(asapTransport)}`;
}

/** Pool elements by their names. */
export function narrateElements(elements: readonly PoolElement[], names: Names): string {
  if (elements.length === 0) return "{}";
  return `{ ${elements.map((element) => names.element(element.identifier)).join(" ")} }`;
}

/** Error causes by their names. */
export function narrateCauses(causes: readonly ErrorCause[] | undefined): string {
  if (causes === undefined) return "";
  return `(${causes.map((cause) => causeName(cause.code)).join(", ")})`;
}

/** A policy with its values. */
export function narratePolicy(policy: Policy): string {
  const values = Object.entries(policy).flatMap(([key, value]) => {
    if (typeof value !== "number" || key === "policyType") return [];
    const isFraction = key === "load" || key === "degradation";
    return [`${key}=${isFraction ? loadFraction(value) : value}`];
  });
  return values.length === 0 ? policyName(policy) : `${policyName(policy)}:${values.join(",")}`;
}

function narrateTransport(transport: Transport): string {
  if (transport.protocol === "opaque") return "opaque";
  const { addresses, port, protocol } = transport;
  return `${addresses.join("+")}:${port}/${protocol}`;
}

/** What is said about DHCP bindings: how much of it, or from where on it is asked for. */
function narrateBindings(message: {
  readonly request: number;
  readonly after?: string;
  readonly servers?: readonly unknown[];
  readonly bindings?: readonly unknown[];
  readonly causes?: readonly ErrorCause[] | undefined;
}): string[] {
  const { request, after, servers = [], bindings = [], causes } = message;
  const what = after === undefined
    ? `servers=${servers.length} bindings=${bindings.length}`
    : `after=${after}`;
  return [`request=${request}`, what, narrateCauses(causes)];
}

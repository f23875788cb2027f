/**
 * Who may do what: a pure function of what somebody has proved and of what it asks. RFC 5355 §2.1
 * to §2.7 and §2.15; docs/security.md has the table.
 */

import type { PoolHandle } from "../../wire/mod.ts";
import type { Message, SecurityKind } from "../machine.ts";
import { matches, matchesAny } from "./pattern.ts";
import type { AddressRange, Permission, Permissions } from "./permissions.ts";

/** What somebody has proved, by its transport. */
export interface Party {
  /** Absent: nothing, over plain TCP. */
  readonly security?: SecurityKind | undefined;
  /** Absent: it has shown no certificate. */
  readonly identity?: string | undefined;
  /** Whether its certificate has the role of a registrar. */
  readonly isRegistrar?: boolean | undefined;
}

/** What somebody may do at a registrar. */
export interface Rights {
  readonly security: SecurityKind | undefined;
  /** Who it is: the name of its permission, or else of its certificate or key, with its kind. */
  readonly identity: string | undefined;
  readonly register: readonly string[];
  readonly addresses: readonly AddressRange[];
  readonly read: readonly string[];
  readonly isRegistrar: boolean;
  readonly operates: boolean;
}

/** Sending Server's ID of who is no registrar (docs/tcp-mapping.md §3.8). */
const OBSERVER = 0;

/** Characters of a pool handle that people are told. */
const SHOWN_LENGTH = 64;

const NOTHING: readonly never[] = [];

/** Over plain TCP: nothing at all, or to resolve. */
const INSECURE: Rights = {
  security: undefined,
  identity: undefined,
  register: NOTHING,
  addresses: NOTHING,
  read: NOTHING,
  isRegistrar: false,
  operates: false,
};

/**
 * What somebody may do: of several permissions the first that fits counts, in their order. A
 * registrar needs the permission and, in a certificate, the role (protocol decision 28).
 */
export function rightsOf(
  permissions: Permissions,
  { security, identity, isRegistrar: hasRole = false }: Party,
  allowInsecureResolution = false,
): Rights {
  if (security === undefined) {
    return allowInsecureResolution ? { ...INSECURE, read: permissions.read ?? NOTHING } : INSECURE;
  }
  const permission = identity === undefined
    ? undefined
    : permissions.identities.find((each) => isProvedBy(each, security, identity));
  return {
    security,
    identity: identity === undefined ? undefined : nameOf(permission, security, identity),
    register: permission?.register ?? NOTHING,
    addresses: permission?.addresses ?? NOTHING,
    read: [...permissions.read ?? NOTHING, ...permission?.read ?? NOTHING],
    isRegistrar: permission?.registrar === true && (security === "psk" || hasRole),
    operates: permission?.operate === true,
  };
}

/**
 * Why a message is refused to who has these rights, in words; `undefined` if it is not. Messages
 * that ask for nothing and change nothing are nobody's secret.
 */
export function authorize(rights: Rights, message: Message): string | undefined {
  switch (message.type) {
    case "ASAP_REGISTRATION":
    case "ASAP_DEREGISTRATION":
    case "ASAP_ENDPOINT_KEEP_ALIVE_ACK":
      return mayRegister(rights, message.poolHandle)
        ? undefined
        : refusal(rights, `may not register in pool ${shown(message.poolHandle)}`);
    case "ASAP_BINDING_UPDATE":
    case "ASAP_BINDING_DUMP_REQUEST":
    case "ASAP_BINDING_DUMP":
      return mayRegister(rights, message.poolHandle)
        ? undefined
        : refusal(rights, `may not share bindings of pool ${shown(message.poolHandle)}`);
    case "ASAP_HANDLE_RESOLUTION":
      return mayRead(rights, message.poolHandle)
        ? undefined
        : refusal(rights, `may not resolve pool ${shown(message.poolHandle)}`);
    case "ASAP_ENDPOINT_UNREACHABLE":
      return rights.security !== undefined && mayRead(rights, message.poolHandle)
        ? undefined
        : refusal(rights, `may not report elements of pool ${shown(message.poolHandle)}`);
    case "ASAP_ERROR":
    case "ENRP_ERROR":
      return undefined;
    default:
      if (!message.type.startsWith("ENRP_")) return undefined;
      return authorizeEnrp(rights, message as Message & { readonly sender: number });
  }
}

/** Whether the rights allow to resolve a pool, and to see it in the handle table. */
export function mayRead({ read, operates, isRegistrar }: Rights, poolHandle: PoolHandle): boolean {
  return operates || isRegistrar || matchesAny(read, poolHandle);
}

/** Whether the rights allow to register elements in a pool. */
export function mayRegister({ register }: Rights, poolHandle: PoolHandle): boolean {
  return matchesAny(register, poolHandle);
}

function authorizeEnrp(
  rights: Rights,
  { type, sender }: Message & { readonly sender: number },
): string | undefined {
  if (sender !== OBSERVER) {
    return rights.isRegistrar ? undefined : refusal(rights, "may not be a registrar");
  }
  switch (type) {
    case "ENRP_PRESENCE":
      return rights.security !== undefined ? undefined : refusal(rights, "may not ask who is here");
    case "ENRP_HANDLE_TABLE_REQUEST":
      // Of pools that may not be read nothing is told.
      return rights.security !== undefined && seesTable(rights)
        ? undefined
        : refusal(rights, "may not read the handle table");
    case "ENRP_BINDING_DUMP_REQUEST":
      return rights.security !== undefined && seesTable(rights)
        ? undefined
        : refusal(rights, "may not read bindings");
    case "ENRP_BINDING_UPDATE":
      return rights.operates ? undefined : refusal(rights, "may not say that a server is down");
    case "ENRP_LIST_REQUEST":
      return rights.operates || rights.isRegistrar
        ? undefined
        : refusal(rights, "may not read the list of peers");
    default:
      return refusal(rights, "may not change anything as an observer");
  }
}

function seesTable({ operates, isRegistrar, read }: Rights): boolean {
  return operates || isRegistrar || read.length > 0;
}

function isProvedBy({ proofs }: Permission, security: SecurityKind, identity: string): boolean {
  return proofs.some(({ kind, name }) => kind === security && matches(name, identity));
}

function nameOf(permission: Permission | undefined, security: SecurityKind, identity: string) {
  // Apart from those of certificates and keys, so that no certificate can be issued for it.
  return permission?.name === undefined ? `${security}:${identity}` : `name:${permission.name}`;
}

/** A pool handle for people: whoever may do nothing writes no pages and no lines of a log. */
function shown(poolHandle: PoolHandle): string {
  const isLong = poolHandle.length > SHOWN_LENGTH;
  return JSON.stringify(isLong ? `${poolHandle.slice(0, SHOWN_LENGTH)}...` : poolHandle);
}

function refusal({ security, identity }: Rights, what: string): string {
  if (security === undefined) return `whoever comes without security ${what}`;
  return `${identity ?? "whoever shows no certificate"} ${what}`;
}

/** What members of a secured cluster prove to each other, and what the made-up TLS makes of it. */

import type { ProtocolName, SecurityKind } from "../core/mod.ts";
import type { Party } from "./socket.ts";

/** By what somebody proves who it is. */
export interface Credentials {
  readonly kind: SecurityKind;
  /** The name of its certificate or key; absent: it has no certificate and only verifies others. */
  readonly identity?: string | undefined;
  /** Whether it is a registrar: by the role in its certificate, or as who knows all keys. */
  readonly isRegistrar?: boolean | undefined;
}

/** How the other side of a connection is seen; nothing of it over plain TCP. */
export interface Seen {
  readonly security?: SecurityKind | undefined;
  readonly identity?: string | undefined;
  readonly isRegistrar?: boolean | undefined;
}

/** What both sides of a new connection see of each other. */
export interface Handshake {
  readonly byDialler: Seen;
  readonly byListener: Seen;
}

/** Who is about to be connected, and how. */
export interface Meeting {
  readonly dialler: Party;
  readonly listener: Party;
  readonly protocol: ProtocolName;
  /** How the dialler wants it to be secured; default: as it usually is. */
  readonly wanted?: SecurityKind | undefined;
}

/**
 * Makes a connection a secured one, as far as both sides can. A registrar without TLS hears
 * everybody, to refuse them itself; nobody else does who has credentials.
 *
 * @returns `undefined` if it fails.
 */
export function shakeHands(
  { dialler, listener, protocol, wanted }: Meeting,
): Handshake | undefined {
  const kind = wanted ?? dialler.credentials?.[0]?.kind;
  if (kind === undefined) return isOpen(listener) ? { byDialler: {}, byListener: {} } : undefined;
  const own = of(kind, dialler);
  const other = of(kind, listener);
  if (own === undefined || other === undefined) return undefined;
  // Protocol decision 27: on ASAP the registrar is the server, between registrars who listens.
  const isClient = protocol === "ENRP" || own.isRegistrar !== true;
  const isServer = protocol === "ENRP" || other.isRegistrar === true;
  if (isClient !== isServer) return undefined;
  const server = isClient ? other : own;
  if (server.isRegistrar !== true) return undefined;
  return { byDialler: seen(other), byListener: seen(own) };
}

function isOpen({ credentials = [] }: Party): boolean {
  return credentials.length === 0 || credentials.some((each) => each.isRegistrar === true);
}

function of(kind: SecurityKind, { credentials = [] }: Party): Credentials | undefined {
  return credentials.find((each) => each.kind === kind);
}

/** Of a key, permissions say whether it is a registrar's. */
function seen({ kind, identity, isRegistrar = false }: Credentials): Seen {
  return { security: kind, identity, isRegistrar: kind === "certificate" && isRegistrar };
}

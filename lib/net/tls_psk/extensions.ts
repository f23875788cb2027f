/** Extensions, RFC 8446 §4.2: the frame, and the contents of those that are used. */
import { Refusal } from "./failure.ts";
import { uint16List, VectorReader, type VectorWriter } from "./vectors.ts";

/** ExtensionType, RFC 8446 §4.2, as far as one is spoken of here. */
export const EXTENSION = {
  server_name: 0,
  supported_groups: 10,
  signature_algorithms: 13,
  application_layer_protocol_negotiation: 16,
  padding: 21,
  pre_shared_key: 41,
  early_data: 42,
  supported_versions: 43,
  cookie: 44,
  psk_key_exchange_modes: 45,
  key_share: 51,
} as const;

/** TLS 1.3 in supported_versions. RFC 8446 §4.2.1. */
export const TLS13 = 0x0304;

/** TLS 1.2, which stands in every legacy_version. */
export const TLS12 = 0x0303;

/** psk_dhe_ke of psk_key_exchange_modes. RFC 8446 §4.2.9. */
export const PSK_DHE_KE = 1;

/** Extensions by type, in the order in which they came. */
export type Extensions = ReadonlyMap<number, Uint8Array>;

/** Reads a vector of extensions; §4.2: none may be there twice. */
export function readExtensions(vector: Uint8Array): Extensions {
  const reader = new VectorReader(vector);
  const extensions = new Map<number, Uint8Array>();
  while (!reader.isAtEnd) {
    const type = reader.uint16();
    if (extensions.has(type)) {
      throw new Refusal("illegal_parameter", `extension ${type} is there twice`);
    }
    extensions.set(type, reader.vector16(0));
  }
  return extensions;
}

/** §4.2: what was not offered is unsupported; what has its place elsewhere is illegal here. */
export function expectOnly(
  extensions: Extensions,
  where: string,
  offered: readonly number[],
  here: readonly number[],
): void {
  for (const type of extensions.keys()) {
    if (!offered.includes(type)) {
      throw new Refusal("unsupported_extension", `${where} has extension ${type}, never offered`);
    }
    if (!here.includes(type)) {
      throw new Refusal("illegal_parameter", `extension ${type} has no place in ${where}`);
    }
  }
}

/** Writes one extension. */
export function writeExtension(writer: VectorWriter, type: number, write: () => void): void {
  writer.uint16(type).vector(2, write);
}

/** Reads an extension that is one vector of 16-bit numbers with a length of two bytes. */
export function readUint16Vector(extension: Uint8Array): number[] {
  const reader = new VectorReader(extension);
  const list = reader.vector16(2);
  reader.end();
  return uint16List(list);
}

/** Reads supported_versions of a ClientHello. RFC 8446 §4.2.1. */
export function readSupportedVersions(extension: Uint8Array): number[] {
  const reader = new VectorReader(extension);
  const list = reader.vector8(2, 254);
  reader.end();
  return uint16List(list);
}

/** Reads psk_key_exchange_modes. RFC 8446 §4.2.9. */
export function readKeyExchangeModes(extension: Uint8Array): Uint8Array {
  const reader = new VectorReader(extension);
  const modes = reader.vector8(1);
  reader.end();
  return modes;
}

/** Reads one 16-bit number: a selected version, group or identity. */
export function readUint16(extension: Uint8Array): number {
  const reader = new VectorReader(extension);
  const value = reader.uint16();
  reader.end();
  return value;
}

/** Reads a cookie. RFC 8446 §4.2.2. */
export function readCookie(extension: Uint8Array): Uint8Array {
  const reader = new VectorReader(extension);
  const cookie = reader.vector16(1);
  reader.end();
  return cookie;
}

/** A KeyShareEntry. RFC 8446 §4.2.8. */
export interface KeyShareEntry {
  readonly group: number;
  readonly publicKey: Uint8Array;
}

function readKeyShareEntry(reader: VectorReader): KeyShareEntry {
  return { group: reader.uint16(), publicKey: reader.vector16(1) };
}

/** Reads key_share of a ServerHello. */
export function readServerKeyShare(extension: Uint8Array): KeyShareEntry {
  const reader = new VectorReader(extension);
  const entry = readKeyShareEntry(reader);
  reader.end();
  return entry;
}

/** Reads key_share of a ClientHello; §4.2.8: no group twice. */
export function readClientKeyShares(extension: Uint8Array): Map<number, Uint8Array> {
  const outer = new VectorReader(extension);
  const reader = new VectorReader(outer.vector16(0));
  outer.end();
  const shares = new Map<number, Uint8Array>();
  while (!reader.isAtEnd) {
    const { group, publicKey } = readKeyShareEntry(reader);
    if (shares.has(group)) {
      throw new Refusal("illegal_parameter", `two key shares of group ${group}`);
    }
    shares.set(group, publicKey);
  }
  return shares;
}

/** Reads the ALPN names. RFC 7301 §3.1. */
export function readProtocolNames(extension: Uint8Array): Uint8Array[] {
  const outer = new VectorReader(extension);
  const reader = new VectorReader(outer.vector16(2));
  outer.end();
  const names: Uint8Array[] = [];
  while (!reader.isAtEnd) names.push(reader.vector8(1));
  return names;
}

/** Writes ALPN with one name. */
export function writeProtocolName(writer: VectorWriter, name: Uint8Array): void {
  writeExtension(writer, EXTENSION.application_layer_protocol_negotiation, () => {
    writer.vector(2, () => writer.vector(1, () => writer.put(name)));
  });
}

/** What pre_shared_key of a ClientHello offers. RFC 8446 §4.2.11. */
export interface OfferedPsks {
  readonly identities: readonly Uint8Array[];
  readonly binders: readonly Uint8Array[];
  /** Bytes of the binders with their length, which the binders do not cover. */
  readonly bindersBytes: number;
}

/** Reads pre_shared_key of a ClientHello; each identity has its binder. */
export function readOfferedPsks(extension: Uint8Array): OfferedPsks {
  const outer = new VectorReader(extension);
  const ofIdentities = new VectorReader(outer.vector16(7));
  const bindersAt = outer.offset;
  const ofBinders = new VectorReader(outer.vector16(33));
  outer.end();
  const identities: Uint8Array[] = [];
  while (!ofIdentities.isAtEnd) {
    identities.push(ofIdentities.vector16(1));
    // §4.2.11: the age is obfuscated, of tickets only, and ignored for external keys.
    ofIdentities.take(4);
  }
  const binders: Uint8Array[] = [];
  while (!ofBinders.isAtEnd) binders.push(ofBinders.vector8(32));
  if (binders.length !== identities.length) {
    const counts = `${identities.length} identities and ${binders.length} binders`;
    throw new Refusal("illegal_parameter", counts);
  }
  return { identities, binders, bindersBytes: extension.length - bindersAt };
}

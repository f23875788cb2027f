/** ClientHello, RFC 8446 §4.1.2. */
import {
  EXTENSION,
  type Extensions,
  PSK_DHE_KE,
  readExtensions,
  TLS12,
  TLS13,
  writeExtension,
  writeProtocolName,
} from "./extensions.ts";
import { HANDSHAKE, handshakeMessage } from "./handshake_message.ts";
import { HASH_BYTES } from "./key_schedule.ts";
import { uint16List, VectorReader, type VectorWriter } from "./vectors.ts";

/** A ClientHello as it came; what it holds may be views of the message. */
export interface ClientHello {
  readonly legacyVersion: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly cipherSuites: readonly number[];
  readonly compressionMethods: Uint8Array;
  readonly extensions: Extensions;
}

/** Reads the body of a ClientHello. One of TLS 1.2 may end before its extensions. */
export function readClientHello(body: Uint8Array): ClientHello {
  const reader = new VectorReader(body);
  const legacyVersion = reader.uint16();
  const random = reader.take(32);
  const sessionId = reader.vector8(0, 32);
  const cipherSuites = uint16List(reader.vector16(2));
  const compressionMethods = reader.vector8(1);
  const extensions = readExtensions(reader.isAtEnd ? new Uint8Array(0) : reader.vector16(0));
  reader.end();
  return { legacyVersion, random, sessionId, cipherSuites, compressionMethods, extensions };
}

/** What a client offers. */
export interface Offer {
  readonly random: Uint8Array;
  readonly cipherSuites: readonly { readonly code: number }[];
  readonly groups: readonly { readonly code: number }[];
  readonly share: { readonly group: number; readonly publicKey: Uint8Array };
  /** Of a HelloRetryRequest, to be given back. RFC 8446 §4.2.2. */
  readonly cookie: Uint8Array | undefined;
  readonly alpn: Uint8Array;
  readonly identity: Uint8Array;
}

/** The extension types of `writeClientHello`, but for a cookie. */
export const OFFERED_EXTENSIONS: readonly number[] = [
  EXTENSION.supported_versions,
  EXTENSION.psk_key_exchange_modes,
  EXTENSION.supported_groups,
  EXTENSION.key_share,
  EXTENSION.application_layer_protocol_negotiation,
  EXTENSION.pre_shared_key,
];

/** Bytes of one binder with its length and that of the vector: what the binder does not cover. */
export const BINDERS_BYTES = 2 + 1 + HASH_BYTES;

/**
 * A ClientHello whose binder, its last bytes, is still zeros. It has no signature_algorithms, so
 * that a server with certificates alone fails and is not taken for one that has the key.
 */
export function writeClientHello(offer: Offer): Uint8Array<ArrayBuffer> {
  return handshakeMessage(HANDSHAKE.client_hello, (writer) => {
    writer.uint16(TLS12).put(offer.random).uint8(0);
    writer.vector(2, () => offer.cipherSuites.forEach(({ code }) => writer.uint16(code)));
    writer.uint8(1).uint8(0);
    writer.vector(2, () => writeExtensions(writer, offer));
  });
}

function writeExtensions(writer: VectorWriter, offer: Offer): void {
  writeExtension(writer, EXTENSION.supported_versions, () => writer.uint8(2).uint16(TLS13));
  writeExtension(writer, EXTENSION.psk_key_exchange_modes, () => {
    writer.uint8(1).uint8(PSK_DHE_KE);
  });
  writeExtension(writer, EXTENSION.supported_groups, () => {
    writer.vector(2, () => offer.groups.forEach(({ code }) => writer.uint16(code)));
  });
  const { share, cookie } = offer;
  writeExtension(writer, EXTENSION.key_share, () => {
    writer.vector(2, () => {
      writer.uint16(share.group).vector(2, () => writer.put(share.publicKey));
    });
  });
  if (cookie) {
    writeExtension(writer, EXTENSION.cookie, () => writer.vector(2, () => writer.put(cookie)));
  }
  writeProtocolName(writer, offer.alpn);
  // §4.2.11: the last extension. The age of an external key is zero.
  writeExtension(writer, EXTENSION.pre_shared_key, () => {
    writer.vector(2, () => {
      writer.vector(2, () => writer.put(offer.identity)).uint16(0).uint16(0);
    });
    writer.vector(2, () => writer.vector(1, () => writer.put(new Uint8Array(HASH_BYTES))));
  });
}

/** ServerHello, HelloRetryRequest and EncryptedExtensions, RFC 8446 §4.1.3, §4.1.4 and §4.3.1. */
import {
  EXTENSION,
  type Extensions,
  readExtensions,
  TLS12,
  TLS13,
  writeExtension,
  writeProtocolName,
} from "./extensions.ts";
import { HANDSHAKE, handshakeMessage } from "./handshake_message.ts";
import { VectorReader, type VectorWriter } from "./vectors.ts";

/** The random of a ServerHello that is a HelloRetryRequest: SHA-256 of that word. §4.1.3. */
const RETRY_RANDOM = Uint8Array.of(
  ...[0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65],
  ...[0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2],
  ...[0xc8, 0xa8, 0x33, 0x9c],
);

/** "DOWNGRD", at the end of a random of TLS 1.2 or below, before 1 or 0. §4.1.3. */
const DOWNGRADE = [0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44];

/** A ServerHello as it came. */
export interface ServerHello {
  readonly legacyVersion: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly cipherSuite: number;
  readonly compressionMethod: number;
  readonly extensions: Extensions;
  readonly isRetryRequest: boolean;
}

/** Reads the body of a ServerHello. One of TLS 1.2 may end before its extensions. */
export function readServerHello(body: Uint8Array): ServerHello {
  const reader = new VectorReader(body);
  const legacyVersion = reader.uint16();
  const random = reader.take(32);
  const sessionId = reader.vector8(0, 32);
  const cipherSuite = reader.uint16();
  const compressionMethod = reader.uint8();
  const extensions = readExtensions(reader.isAtEnd ? new Uint8Array(0) : reader.vector16(0));
  reader.end();
  const isRetryRequest = RETRY_RANDOM.every((byte, at) => byte === random[at]);
  return {
    legacyVersion,
    random,
    sessionId,
    cipherSuite,
    compressionMethod,
    extensions,
    isRetryRequest,
  };
}

/** True if a server that has TLS 1.3 says that it was made to use an older one. §4.1.3. */
export function saysDowngrade(random: Uint8Array): boolean {
  const at = random.length - DOWNGRADE.length - 1;
  return DOWNGRADE.every((byte, i) => byte === random[at + i]) && random.at(-1)! <= 1;
}

/** What a server answers to every ClientHello. */
interface Answer {
  readonly sessionId: Uint8Array;
  readonly cipherSuite: number;
  readonly group: number;
}

function writeHello(
  random: Uint8Array,
  { sessionId, cipherSuite }: Answer,
  writeRest: (writer: VectorWriter) => void,
): Uint8Array<ArrayBuffer> {
  return handshakeMessage(HANDSHAKE.server_hello, (writer) => {
    writer.uint16(TLS12).put(random).vector(1, () => writer.put(sessionId));
    writer.uint16(cipherSuite).uint8(0).vector(2, () => {
      writeExtension(writer, EXTENSION.supported_versions, () => writer.uint16(TLS13));
      writeRest(writer);
    });
  });
}

/** A HelloRetryRequest that asks for a share of the group. */
export function writeRetryRequest(answer: Answer): Uint8Array<ArrayBuffer> {
  return writeHello(RETRY_RANDOM, answer, (writer) => {
    writeExtension(writer, EXTENSION.key_share, () => writer.uint16(answer.group));
  });
}

/** A ServerHello that takes one of the offered keys. */
export function writeServerHello(
  answer: Answer & {
    readonly random: Uint8Array;
    readonly publicKey: Uint8Array;
    readonly selectedIdentity: number;
  },
): Uint8Array<ArrayBuffer> {
  return writeHello(answer.random, answer, (writer) => {
    writeExtension(writer, EXTENSION.key_share, () => {
      writer.uint16(answer.group).vector(2, () => writer.put(answer.publicKey));
    });
    writeExtension(writer, EXTENSION.pre_shared_key, () => writer.uint16(answer.selectedIdentity));
  });
}

/** Reads EncryptedExtensions. */
export function readEncryptedExtensions(body: Uint8Array): Extensions {
  const reader = new VectorReader(body);
  const extensions = readExtensions(reader.vector16(0));
  reader.end();
  return extensions;
}

/** EncryptedExtensions that name the application protocol. */
export function writeEncryptedExtensions(alpn: Uint8Array): Uint8Array<ArrayBuffer> {
  return handshakeMessage(HANDSHAKE.encrypted_extensions, (writer) => {
    writer.vector(2, () => writeProtocolName(writer, alpn));
  });
}

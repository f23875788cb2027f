/** Peers that do what no honest one does: each message of theirs can be changed. */
import { cipherSuites } from "../../../lib/net/tls_psk/cipher_suites.ts";
import { readClientHello } from "../../../lib/net/tls_psk/client_hello.ts";
import { EXTENSION, readClientKeyShares } from "../../../lib/net/tls_psk/extensions.ts";
import { type GroupName, groups } from "../../../lib/net/tls_psk/groups.ts";
import { applicationSecrets, handshakeSecrets } from "../../../lib/net/tls_psk/handshake.ts";
import { HANDSHAKE, handshakeMessage } from "../../../lib/net/tls_psk/handshake_message.ts";
import {
  earlySecret,
  externalBinderKey,
  finishedMac,
  handshakeSecret,
} from "../../../lib/net/tls_psk/key_schedule.ts";
import type { AlertName, PskTls, PskTlsFailure } from "../../../lib/net/tls_psk/mod.ts";
import {
  CONTENT,
  RecordProtection,
  SEALED_OVERHEAD,
} from "../../../lib/net/tls_psk/record_protection.ts";
import { readServerHello } from "../../../lib/net/tls_psk/server_hello.ts";
import { readServerKeyShare } from "../../../lib/net/tls_psk/extensions.ts";
import { Transcript } from "../../../lib/net/tls_psk/transcript.ts";
import { VectorWriter } from "../../../lib/net/tls_psk/vectors.ts";
import { ALPN, IDENTITY, KEY, outputs, seeded } from "./pair.ts";

const SUITE = cipherSuites()[0]!;

/** A plain record. */
export function record(type: number, content: Uint8Array, version = 0x0303): Uint8Array {
  const writer = new VectorWriter().uint8(type).uint16(version);
  return writer.vector(2, () => writer.put(content)).finish();
}

/** A plain record of handshake messages. */
export function handshakeRecord(...messages: Uint8Array[]): Uint8Array {
  return record(CONTENT.handshake, concat(...messages));
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A handshake message of any type and body. */
export function message(type: number, body: Uint8Array): Uint8Array {
  return handshakeMessage(type, (writer) => writer.put(body));
}

/** Bytes as numbers of 16 bits. */
export function uint16s(...values: number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [value >> 8, value & 0xff]));
}

/** A vector with a length of one or two bytes. */
export function vector(lengthBytes: 1 | 2, content: Uint8Array): Uint8Array {
  const writer = new VectorWriter();
  return writer.vector(lengthBytes, () => writer.put(content)).finish();
}

export function keyShareEntry(group: number, publicKey: Uint8Array): Uint8Array {
  return concat(uint16s(group), vector(2, publicKey));
}

/** Extensions by type; undefined takes one away. */
export type ExtensionChanges = ReadonlyMap<number, Uint8Array | undefined>;

function applied(
  extensions: Map<number, Uint8Array>,
  changes: ExtensionChanges = new Map(),
): [number, Uint8Array][] {
  for (const [type, bytes] of changes) {
    if (bytes) extensions.set(type, bytes);
    else extensions.delete(type);
  }
  return [...extensions];
}

function extensionBlock(extensions: readonly [number, Uint8Array][]): Uint8Array {
  return vector(
    2,
    concat(...extensions.map(([type, bytes]) => {
      return concat(uint16s(type), vector(2, bytes));
    })),
  );
}

/** Changes to a ClientHello. */
export interface ClientHelloChanges {
  readonly legacyVersion?: number;
  readonly random?: Uint8Array;
  readonly sessionId?: Uint8Array;
  readonly suites?: readonly number[];
  readonly compression?: Uint8Array;
  readonly extensions?: ExtensionChanges;
  /** Extensions after all others, behind pre_shared_key. */
  readonly last?: readonly [number, Uint8Array][];
  /** Without any extensions, nor their length. */
  readonly isOld?: boolean;
  readonly identities?: readonly Uint8Array[];
  readonly key?: Uint8Array;
  readonly binders?: readonly Uint8Array[];
  readonly group?: GroupName;
}

/** A client in its handshake with a server under test. */
export class ScriptedClient {
  readonly transcript = new Transcript();
  readonly random = seeded(7);
  share = groups(["X25519"])[0]!.generate(this.random);
  #read: RecordProtection | undefined;
  #write: RecordProtection | undefined;
  #early = earlySecret(KEY);
  #secrets: ReturnType<typeof handshakeSecrets> | undefined;

  /** A ClientHello with a right binder. */
  hello(changes: ClientHelloChanges = {}): Uint8Array {
    const group = groups([changes.group ?? "X25519"])[0]!;
    if (changes.group) this.share = group.generate(this.random);
    this.#early = earlySecret(changes.key ?? KEY);
    const extensions = applied(
      new Map([
        [EXTENSION.supported_versions, vector(1, uint16s(0x0304))],
        [EXTENSION.psk_key_exchange_modes, vector(1, Uint8Array.of(1))],
        [EXTENSION.supported_groups, vector(2, uint16s(0x001d, 0x0017))],
        [EXTENSION.key_share, vector(2, keyShareEntry(group.code, this.share.publicKey))],
        [EXTENSION.application_layer_protocol_negotiation, vector(2, vector(1, ALPN_BYTES))],
      ]),
      changes.extensions,
    );
    const identities = changes.identities ?? [IDENTITY];
    const binders = changes.binders ?? identities.map(() => new Uint8Array(32));
    const ofBinders = vector(2, concat(...binders.map((binder) => vector(1, binder))));
    const isOurs = !changes.extensions?.has(EXTENSION.pre_shared_key);
    if (isOurs) {
      const ofIdentities = identities.map((identity) => {
        return concat(vector(2, identity), new Uint8Array(4));
      });
      const offered = concat(vector(2, concat(...ofIdentities)), ofBinders);
      extensions.push([EXTENSION.pre_shared_key, offered]);
    }
    extensions.push(...changes.last ?? []);
    const hello = message(
      HANDSHAKE.client_hello,
      concat(
        uint16s(changes.legacyVersion ?? 0x0303),
        changes.random ?? new Uint8Array(32).fill(5),
        vector(1, changes.sessionId ?? new Uint8Array(0)),
        vector(2, uint16s(...changes.suites ?? [SUITE.code])),
        vector(1, changes.compression ?? new Uint8Array(1)),
        changes.isOld ? new Uint8Array(0) : extensionBlock(extensions),
      ),
    );
    if (isOurs && !changes.isOld && !changes.binders && !changes.last) {
      this.#bind(hello, ofBinders.length);
    }
    this.transcript.add(hello);
    return hello;
  }

  #bind(hello: Uint8Array, bindersBytes: number): void {
    const covered = this.transcript.hashWith(hello.subarray(0, hello.length - bindersBytes));
    const binder = finishedMac(externalBinderKey(this.#early), covered);
    for (let at = hello.length - 32; at > hello.length - bindersBytes; at -= 33) {
      hello.set(binder, at);
    }
  }

  /** Takes a HelloRetryRequest, the plain record of which is this. */
  retried(flight: Uint8Array): void {
    this.transcript.replaceByMessageHash();
    this.transcript.add(plainMessage(flight));
  }

  /** Takes the server's flight. */
  takeFlight(flight: Uint8Array): void {
    const hello = plainMessage(flight);
    const { extensions } = readServerHello(hello.subarray(4));
    const { publicKey } = readServerKeyShare(extensions.get(EXTENSION.key_share)!);
    this.transcript.add(hello);
    const handshake = handshakeSecret(this.#early, this.share.agree(publicKey));
    const secrets = this.#secrets = handshakeSecrets(handshake, this.transcript.hash());
    this.#read = new RecordProtection(SUITE, secrets.server);
    this.#write = new RecordProtection(SUITE, secrets.client);
    for (const sealed of records(flight.subarray(5 + hello.length))) {
      if (sealed[0] !== CONTENT.application_data) continue;
      this.transcript.add(this.#read.open(sealed)!.bytes);
    }
    const { client, server } = applicationSecrets(handshake, this.transcript.hash());
    this.#read = new RecordProtection(SUITE, server);
    this.#next = new RecordProtection(SUITE, client);
  }

  #next: RecordProtection | undefined;

  /** The client's Finished, right. */
  finished(): Uint8Array {
    return message(HANDSHAKE.finished, finishedMac(this.#secrets!.client, this.transcript.hash()));
  }

  /** From here on records are made as after the handshake. */
  useApplicationKeys(): void {
    this.#write = this.#next;
  }

  /** From here on records are made as after one more KeyUpdate. */
  updateKey(): void {
    this.#write = this.#write!.updated();
  }

  seal(type: number, content: Uint8Array, padding = 0): Uint8Array {
    return seal(this.#write!, type, content, padding);
  }

  open(sealed: Uint8Array): { type: number; bytes: Uint8Array } {
    return this.#read!.open(sealed)!;
  }
}

/** Changes to a ServerHello. */
export interface ServerHelloChanges {
  readonly legacyVersion?: number;
  readonly random?: Uint8Array;
  readonly sessionId?: Uint8Array;
  readonly suite?: number;
  readonly compression?: number;
  readonly extensions?: ExtensionChanges;
  readonly group?: GroupName;
}

/** The random of a HelloRetryRequest, RFC 8446 §4.1.3. */
export const RETRY_RANDOM: Uint8Array = Uint8Array.from(
  "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c".match(/../g)!,
  (digits) => parseInt(digits, 16),
);

/** A server in its handshake with a client under test. */
export class ScriptedServer {
  readonly transcript = new Transcript();
  readonly random = seeded(9);
  #clientHello: ReturnType<typeof readClientHello>;
  #write: RecordProtection | undefined;
  #read: RecordProtection | undefined;
  #handshake: Uint8Array | undefined;
  #secrets: ReturnType<typeof handshakeSecrets> | undefined;

  /** Takes the record of the ClientHello. */
  constructor(clientHello: Uint8Array) {
    const hello = plainMessage(clientHello);
    this.#clientHello = readClientHello(hello.subarray(4));
    this.transcript.add(hello);
  }

  #hello(
    changes: ServerHelloChanges,
    random: Uint8Array,
    extensions: Map<number, Uint8Array>,
  ): Uint8Array {
    return message(
      HANDSHAKE.server_hello,
      concat(
        uint16s(changes.legacyVersion ?? 0x0303),
        changes.random ?? random,
        vector(1, changes.sessionId ?? new Uint8Array(0)),
        uint16s(changes.suite ?? SUITE.code),
        Uint8Array.of(changes.compression ?? 0),
        extensionBlock(applied(extensions, changes.extensions)),
      ),
    );
  }

  /** A HelloRetryRequest for P-256. */
  retryRequest(changes: ServerHelloChanges = {}): Uint8Array {
    const request = this.#hello(
      changes,
      RETRY_RANDOM,
      new Map([
        [EXTENSION.supported_versions, uint16s(0x0304)],
        [EXTENSION.key_share, uint16s(0x0017)],
      ]),
    );
    this.transcript.replaceByMessageHash();
    this.transcript.add(request);
    return request;
  }

  /** Takes the record of the second ClientHello. */
  takeSecondHello(clientHello: Uint8Array): void {
    const hello = plainMessage(clientHello);
    this.#clientHello = readClientHello(hello.subarray(4));
    this.transcript.add(hello);
  }

  get clientHello(): ReturnType<typeof readClientHello> {
    return this.#clientHello;
  }

  /** A ServerHello; where it can be, keys are made of it. */
  hello(changes: ServerHelloChanges = {}): Uint8Array {
    const group = groups([changes.group ?? "X25519"])[0]!;
    const share = group.generate(this.random);
    const hello = this.#hello(
      changes,
      new Uint8Array(32).fill(6),
      new Map([
        [EXTENSION.supported_versions, uint16s(0x0304)],
        [EXTENSION.key_share, keyShareEntry(group.code, share.publicKey)],
        [EXTENSION.pre_shared_key, uint16s(0)],
      ]),
    );
    this.transcript.add(hello);
    const shares = readClientKeyShares(this.#clientHello.extensions.get(EXTENSION.key_share)!);
    const publicKey = shares.get(group.code);
    if (!publicKey) return hello;
    const shared = share.agree(publicKey);
    this.#handshake = handshakeSecret(earlySecret(KEY), shared);
    this.#secrets = handshakeSecrets(this.#handshake, this.transcript.hash());
    this.#write = new RecordProtection(SUITE, this.#secrets.server);
    this.#read = new RecordProtection(SUITE, this.#secrets.client);
    return hello;
  }

  encryptedExtensions(changes?: ExtensionChanges): Uint8Array {
    const alpn = vector(2, vector(1, ALPN_BYTES));
    const extensions = applied(
      new Map([[EXTENSION.application_layer_protocol_negotiation, alpn]]),
      changes,
    );
    const made = message(HANDSHAKE.encrypted_extensions, extensionBlock(extensions));
    this.transcript.add(made);
    return made;
  }

  /** The server's Finished, right. */
  finished(): Uint8Array {
    const { server } = this.#secrets!;
    const made = message(HANDSHAKE.finished, finishedMac(server, this.transcript.hash()));
    this.transcript.add(made);
    return made;
  }

  /** From here on records are made and opened as after the handshake. */
  useApplicationKeys(): void {
    const { client, server } = applicationSecrets(this.#handshake!, this.transcript.hash());
    this.#write = new RecordProtection(SUITE, server);
    this.#read = new RecordProtection(SUITE, client);
  }

  /** From here on records are made as after one more KeyUpdate. */
  updateKey(): void {
    this.#write = this.#write!.updated();
  }

  seal(type: number, content: Uint8Array, padding = 0): Uint8Array {
    return seal(this.#write!, type, content, padding);
  }

  open(sealed: Uint8Array): { type: number; bytes: Uint8Array } {
    return this.#read!.open(sealed)!;
  }
}

const ALPN_BYTES: Uint8Array = new TextEncoder().encode(ALPN);

/** A protected record, with padding if asked for. */
export function seal(
  protection: RecordProtection,
  type: number,
  content: Uint8Array,
  padding = 0,
): Uint8Array {
  // The padding of an inner plaintext is what follows its type: the type is then a zero.
  const padded = padding === 0
    ? content
    : concat(content, Uint8Array.of(type), new Uint8Array(padding - 1));
  const sealed = new Uint8Array(padded.length + SEALED_OVERHEAD);
  protection.seal(sealed, padding === 0 ? type : 0, padded);
  return sealed;
}

/** The handshake message at the start of a plain record. */
export function plainMessage(flight: Uint8Array): Uint8Array {
  return flight.subarray(5, 5 + (flight[3]! << 8 | flight[4]!));
}

/** The records of a flight. */
export function records(flight: Uint8Array): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (let at = 0; at < flight.length;) {
    const length = 5 + (flight[at + 3]! << 8 | flight[at + 4]!);
    all.push(flight.subarray(at, at + length));
    at += length;
  }
  return all;
}

/** The failure among the outputs, and the plain alert that was written before it, if any. */
export function failureOf(tls: PskTls): { failure?: PskTlsFailure; written: Uint8Array[] } {
  const all = outputs(tls);
  const failed = all.find((output) => output.type === "failed");
  const written = all.flatMap((output) => output.type === "write" ? [output.bytes] : []);
  return failed?.type === "failed" ? { failure: failed.failure, written } : { written };
}

/** What a failure that this side has found is like. */
export function sent(alert: AlertName): Pick<PskTlsFailure, "alert" | "sent"> {
  return { alert, sent: true };
}

/** The client's handshake, RFC 8446 §2.2 and §A.1. */
import type { CipherSuite } from "./cipher_suites.ts";
import { BINDERS_BYTES, OFFERED_EXTENSIONS, writeClientHello } from "./client_hello.ts";
import { expectOnly, EXTENSION, type Extensions, readCookie, readUint16 } from "./extensions.ts";
import { readProtocolNames, readServerKeyShare, TLS12, TLS13 } from "./extensions.ts";
import { Refusal } from "./failure.ts";
import type { Group, KeyShare } from "./groups.ts";
import { type Agreement, applicationSecrets, checkFinished, expectType } from "./handshake.ts";
import { type HandshakeSecrets, handshakeSecrets, type Wire, writeFinished } from "./handshake.ts";
import { expectEndOfRecord, HANDSHAKE, type HandshakeMessage } from "./handshake_message.ts";
import { earlySecret, externalBinderKey, finishedMac, handshakeSecret } from "./key_schedule.ts";
import type { PskClientOptions } from "./options.ts";
import {
  readEncryptedExtensions,
  readServerHello,
  saysDowngrade,
  type ServerHello,
} from "./server_hello.ts";
import { Transcript } from "./transcript.ts";
import { isSameBytes } from "./vectors.ts";

/** legacy_record_version of the first record. RFC 8446 §5.1. */
const TLS10 = 0x0301;

type State = "server_hello" | "encrypted_extensions" | "finished";

/** One handshake, from ClientHello to the client's Finished. */
export class ClientHandshake {
  readonly #transcript = new Transcript();
  readonly #random: Uint8Array;
  readonly #early: Uint8Array;
  readonly #identity: Uint8Array;
  #state: State = "server_hello";
  #group: Group;
  #share: KeyShare;
  #cookie: Uint8Array | undefined;
  #retrySuite: CipherSuite | undefined;
  #cipherSuite: CipherSuite | undefined;
  #secrets: HandshakeSecrets | undefined;

  constructor(
    private readonly wire: Wire,
    { identity, key }: PskClientOptions,
    private readonly established: (agreement: Agreement) => void,
  ) {
    const { random, groups } = wire.settings;
    this.#random = random(32);
    this.#identity = identity.slice();
    this.#early = earlySecret(key);
    this.#group = groups[0]!;
    this.#share = this.#group.generate(random);
    this.#sendClientHello(TLS10);
    wire.incoming.allowChangeCipherSpec();
  }

  receive(message: HandshakeMessage): void {
    if (this.#state === "server_hello") return this.#serverHello(message);
    if (this.#state === "encrypted_extensions") return this.#encryptedExtensions(message);
    this.#finished(message);
  }

  /** §4.2.11.2: the binder covers all before the binders. */
  #sendClientHello(recordVersion: number): void {
    const { cipherSuites, groups, alpnBytes } = this.wire.settings;
    const hello = writeClientHello({
      random: this.#random,
      cipherSuites,
      groups,
      share: { group: this.#group.code, publicKey: this.#share.publicKey },
      cookie: this.#cookie,
      alpn: alpnBytes,
      identity: this.#identity,
    });
    const covered = hello.subarray(0, hello.length - BINDERS_BYTES);
    const binder = finishedMac(externalBinderKey(this.#early), this.#transcript.hashWith(covered));
    hello.set(binder, hello.length - binder.length);
    this.#transcript.add(hello);
    this.wire.outgoing.handshake(hello, recordVersion);
  }

  #serverHello(message: HandshakeMessage): void {
    expectType(message, HANDSHAKE.server_hello);
    expectEndOfRecord(message);
    const hello = readServerHello(message.body);
    this.#checkVersion(hello);
    const cipherSuite = this.#checkParameters(hello);
    if (hello.isRetryRequest) return this.#retry(message, hello.extensions, cipherSuite);
    const shared = this.#agree(hello.extensions);
    this.#transcript.add(message.bytes);
    const handshake = handshakeSecret(this.#early, shared);
    const secrets = handshakeSecrets(handshake, this.#transcript.hash());
    this.wire.incoming.protect(cipherSuite, secrets.server);
    this.wire.outgoing.protect(cipherSuite, secrets.client);
    this.#secrets = secrets;
    this.#cipherSuite = cipherSuite;
    this.#state = "encrypted_extensions";
  }

  /** §4.1.3 and §4.2.1: nothing but TLS 1.3. */
  #checkVersion({ extensions, legacyVersion, random }: ServerHello): void {
    const version = extensions.get(EXTENSION.supported_versions);
    if (!version) {
      if (saysDowngrade(random)) {
        throw new Refusal("illegal_parameter", "somebody made the server use an older TLS");
      }
      throw new Refusal("protocol_version", "the server has no TLS 1.3");
    }
    if (readUint16(version) !== TLS13 || legacyVersion !== TLS12) {
      throw new Refusal("illegal_parameter", "the server chose a version that was not offered");
    }
  }

  /** §4.1.3: what a ServerHello and a HelloRetryRequest may choose. */
  #checkParameters(hello: ServerHello): CipherSuite {
    if (hello.isRetryRequest && this.#retrySuite) {
      throw new Refusal("unexpected_message", "a second HelloRetryRequest");
    }
    const [where, here] = hello.isRetryRequest
      ? ["HelloRetryRequest", IN_RETRY_REQUEST] as const
      : ["ServerHello", IN_SERVER_HELLO] as const;
    // §4.2: a cookie alone may come unasked for.
    const offered = hello.isRetryRequest
      ? [...OFFERED_EXTENSIONS, EXTENSION.cookie]
      : OFFERED_EXTENSIONS;
    expectOnly(hello.extensions, where, offered, here);
    if (hello.sessionId.length > 0) {
      throw new Refusal("illegal_parameter", "the server echoes a session that was not named");
    }
    if (hello.compressionMethod !== 0) {
      throw new Refusal("illegal_parameter", "the server chose compression");
    }
    const suite = this.wire.settings.cipherSuites.find(({ code }) => code === hello.cipherSuite);
    if (!suite || (this.#retrySuite && suite !== this.#retrySuite)) {
      throw new Refusal("illegal_parameter", "the server chose a cipher suite that it may not");
    }
    return suite;
  }

  /** §4.1.4: once, and only if it changes something. */
  #retry(message: HandshakeMessage, extensions: Extensions, cipherSuite: CipherSuite): void {
    const share = extensions.get(EXTENSION.key_share);
    const cookie = extensions.get(EXTENSION.cookie);
    if (!share && !cookie) {
      throw new Refusal("illegal_parameter", "a HelloRetryRequest that asks for nothing");
    }
    this.#cookie = cookie && readCookie(cookie).slice();
    this.#retrySuite = cipherSuite;
    if (share) this.#changeGroup(readUint16(share));
    this.#transcript.replaceByMessageHash();
    this.#transcript.add(message.bytes);
    this.#sendClientHello(TLS12);
  }

  #changeGroup(code: number): void {
    const { groups, random } = this.wire.settings;
    const group = groups.find((group) => group.code === code);
    if (!group || group === this.#group) {
      throw new Refusal("illegal_parameter", "a HelloRetryRequest for a group that it may not ask");
    }
    this.#group = group;
    this.#share = group.generate(random);
  }

  /** §4.2.9: psk_dhe_ke needs both; a server without our key has no pre_shared_key to say. */
  #agree(extensions: Extensions): Uint8Array {
    const selected = extensions.get(EXTENSION.pre_shared_key);
    const share = extensions.get(EXTENSION.key_share);
    if (!selected) throw new Refusal("missing_extension", "the server chose no pre-shared key");
    if (!share) throw new Refusal("missing_extension", "the server wants no key exchange");
    if (readUint16(selected) !== 0) {
      throw new Refusal("illegal_parameter", "the server chose an identity that was not offered");
    }
    const { group, publicKey } = readServerKeyShare(share);
    if (group !== this.#group.code) {
      throw new Refusal("illegal_parameter", "the server's key share is of another group");
    }
    return this.#share.agree(publicKey);
  }

  /** §4.3.1; RFC 7301 §3.1: one name, and ours. */
  #encryptedExtensions(message: HandshakeMessage): void {
    expectType(message, HANDSHAKE.encrypted_extensions);
    const extensions = readEncryptedExtensions(message.body);
    expectOnly(
      extensions,
      "EncryptedExtensions",
      OFFERED_EXTENSIONS,
      IN_ENCRYPTED_EXTENSIONS,
    );
    const alpn = extensions.get(EXTENSION.application_layer_protocol_negotiation);
    if (!alpn) {
      throw new Refusal("no_application_protocol", "the server names no application protocol");
    }
    const names = readProtocolNames(alpn);
    if (names.length !== 1 || !isSameBytes(names[0]!, this.wire.settings.alpnBytes)) {
      throw new Refusal("illegal_parameter", "the server names another application protocol");
    }
    this.#transcript.add(message.bytes);
    this.#state = "finished";
  }

  #finished(message: HandshakeMessage): void {
    const { outgoing, incoming } = this.wire;
    const secrets = this.#secrets!;
    checkFinished(message, secrets.server, this.#transcript.hash());
    this.#transcript.add(message.bytes);
    const transcriptHash = this.#transcript.hash();
    const application = applicationSecrets(secrets.handshake, transcriptHash);
    outgoing.handshake(writeFinished(secrets.client, transcriptHash));
    outgoing.protect(this.#cipherSuite!, application.client);
    incoming.protect(this.#cipherSuite!, application.server);
    this.established({
      identity: this.#identity,
      cipherSuite: this.#cipherSuite!,
      group: this.#group,
    });
  }
}

/** §4.2, the table: which extensions may stand where. */
const IN_SERVER_HELLO: readonly number[] = [
  EXTENSION.supported_versions,
  EXTENSION.key_share,
  EXTENSION.pre_shared_key,
];
const IN_RETRY_REQUEST: readonly number[] = [
  EXTENSION.supported_versions,
  EXTENSION.key_share,
  EXTENSION.cookie,
];
const IN_ENCRYPTED_EXTENSIONS: readonly number[] = [
  EXTENSION.supported_groups,
  EXTENSION.application_layer_protocol_negotiation,
];

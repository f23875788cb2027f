/** The server's handshake, RFC 8446 §2.2 and §A.2. */
import { type ClientHello, readClientHello } from "./client_hello.ts";
import { EXTENSION } from "./extensions.ts";
import { type Agreement, applicationSecrets, checkFinished, expectType } from "./handshake.ts";
import { handshakeSecrets, type Wire, writeFinished } from "./handshake.ts";
import { expectEndOfRecord, HANDSHAKE, type HandshakeMessage } from "./handshake_message.ts";
import { handshakeSecret } from "./key_schedule.ts";
import { checkRetriedHello, type Choice, chooseParameters } from "./negotiation.ts";
import { choosePsk } from "./psk_choice.ts";
import type { PskServerOptions } from "./options.ts";
import { writeEncryptedExtensions, writeRetryRequest, writeServerHello } from "./server_hello.ts";
import { Transcript } from "./transcript.ts";

/** What is left to do once the server's Finished is sent. */
interface AwaitedFinished {
  readonly agreement: Agreement;
  readonly handshakeSecret: Uint8Array;
  readonly applicationSecret: Uint8Array;
  readonly transcriptHash: Uint8Array;
}

/** One handshake, from ClientHello to the client's Finished. */
export class ServerHandshake {
  readonly #transcript = new Transcript();
  #retried: { readonly hello: ClientHello; readonly choice: Choice } | undefined;
  #awaited: AwaitedFinished | undefined;

  constructor(
    private readonly wire: Wire,
    private readonly options: PskServerOptions,
    private readonly established: (agreement: Agreement) => void,
  ) {}

  receive(message: HandshakeMessage): void {
    if (this.#awaited) return this.#finished(message, this.#awaited);
    this.#clientHello(message);
  }

  #clientHello(message: HandshakeMessage): void {
    expectType(message, HANDSHAKE.client_hello);
    expectEndOfRecord(message);
    const { incoming, settings } = this.wire;
    incoming.allowChangeCipherSpec();
    const hello = readClientHello(message.body);
    const choice = chooseParameters(hello, settings);
    if (this.#retried) {
      checkRetriedHello(this.#retried.hello, hello, this.#retried.choice, choice);
    }
    const psk = choosePsk(message, hello, this.#transcript, this.options, settings);
    this.#transcript.add(message.bytes);
    if (!choice.publicKey) return this.#retry(message, choice);
    // The client's second hello offers no early data, §4.1.2, so no more of it can come.
    if (this.#retried) incoming.endEarlyData();
    this.#answer(hello, choice, choice.publicKey, psk);
  }

  /** §4.1.4: no share is of a group that we have, but we have one of the groups. */
  #retry(message: HandshakeMessage, choice: Choice): void {
    const { outgoing } = this.wire;
    // What came is gone when this returns; the second hello is held against a copy.
    const hello = readClientHello(message.body.slice());
    const request = writeRetryRequest({
      sessionId: hello.sessionId,
      cipherSuite: choice.cipherSuite.code,
      group: choice.group.code,
    });
    this.#transcript.replaceByMessageHash();
    this.#transcript.add(request);
    outgoing.handshake(request);
    this.#pleaseMiddleboxes(hello);
    this.#skipEarlyData(hello);
    this.#retried = { hello, choice };
  }

  /** ServerHello, EncryptedExtensions and Finished. */
  #answer(
    hello: ClientHello,
    { cipherSuite, group }: Choice,
    publicKey: Uint8Array,
    psk: ReturnType<typeof choosePsk>,
  ): void {
    const { outgoing, incoming, settings } = this.wire;
    const transcript = this.#transcript;
    const share = group.generate(settings.random);
    const shared = share.agree(publicKey);
    const serverHello = writeServerHello({
      sessionId: hello.sessionId,
      cipherSuite: cipherSuite.code,
      group: group.code,
      random: settings.random(32),
      publicKey: share.publicKey,
      selectedIdentity: psk.index,
    });
    transcript.add(serverHello);
    outgoing.handshake(serverHello);
    if (!this.#retried) this.#pleaseMiddleboxes(hello);
    const secrets = handshakeSecrets(handshakeSecret(psk.early, shared), transcript.hash());
    outgoing.protect(cipherSuite, secrets.server);
    incoming.protect(cipherSuite, secrets.client);
    if (!this.#retried) this.#skipEarlyData(hello);
    const encryptedExtensions = writeEncryptedExtensions(settings.alpnBytes);
    transcript.add(encryptedExtensions);
    const finished = writeFinished(secrets.server, transcript.hash());
    transcript.add(finished);
    this.#sendTogether(encryptedExtensions, finished);
    const transcriptHash = transcript.hash();
    const application = applicationSecrets(secrets.handshake, transcriptHash);
    outgoing.protect(cipherSuite, application.server);
    this.#awaited = {
      agreement: { identity: psk.identity, cipherSuite, group },
      handshakeSecret: secrets.client,
      applicationSecret: application.client,
      transcriptHash,
    };
  }

  /** One record for both: each costs the peer a decryption. */
  #sendTogether(first: Uint8Array, second: Uint8Array): void {
    const both = new Uint8Array(first.length + second.length);
    both.set(first);
    both.set(second, first.length);
    this.wire.outgoing.handshake(both);
  }

  /** §D.4: a client that names a session wants one after our first message. */
  #pleaseMiddleboxes({ sessionId }: ClientHello): void {
    if (sessionId.length > 0) this.wire.outgoing.changeCipherSpec();
  }

  #skipEarlyData({ extensions }: ClientHello): void {
    if (extensions.has(EXTENSION.early_data)) this.wire.incoming.skipEarlyData();
  }

  #finished(message: HandshakeMessage, awaited: AwaitedFinished): void {
    checkFinished(message, awaited.handshakeSecret, awaited.transcriptHash);
    const { agreement } = awaited;
    this.wire.incoming.protect(agreement.cipherSuite, awaited.applicationSecret);
    this.established(agreement);
  }
}

/** One connection of pre-shared-key TLS 1.3, without I/O: bytes and calls in, outputs out. */
import { ClientHandshake } from "./client_handshake.ts";
import { PeerAlert, type PskTlsFailure, Refusal } from "./failure.ts";
import type { Agreement, MessageReceiver, Wire } from "./handshake.ts";
import { Incoming } from "./incoming.ts";
import type { PskClientOptions, PskServerOptions, PskTlsOutput } from "./options.ts";
import { Outgoing } from "./outgoing.ts";
import { PostHandshake } from "./post_handshake.ts";
import { ServerHandshake } from "./server_handshake.ts";
import { checkOwnKey, type Settings, settingsOf } from "./settings.ts";

/**
 * One side of a connection. It does no I/O and knows no time: whoever calls it moves the bytes,
 * polls until there is nothing more, and gives up a handshake that takes too long.
 */
export class PskTls {
  readonly #outputs: PskTlsOutput[] = [];
  #polled = 0;
  readonly #wire: Wire;
  #messages: MessageReceiver;
  readonly #postHandshake: PostHandshake;
  #isEstablished = false;
  #hasFailed = false;

  private constructor(
    settings: Settings,
    role: "client" | "server",
    handshake: (wire: Wire, established: (agreement: Agreement) => void) => MessageReceiver,
  ) {
    const outgoing = new Outgoing(this.#outputs, settings.limits.maxRecordsPerKey);
    const incoming = new Incoming({
      handshake: (message) => this.#messages.receive(message),
      data: (bytes) => this.#data(bytes),
      closed: () => this.#outputs.push({ type: "closed" }),
      keyIsWorn: () => this.updateKeys(true),
    }, settings.limits);
    this.#wire = { settings, outgoing, incoming };
    this.#postHandshake = new PostHandshake(this.#wire, role);
    this.#messages = handshake(this.#wire, (agreement) => this.#established(agreement));
    outgoing.flush();
  }

  /**
   * A client; its ClientHello is in the outputs at once.
   *
   * @throws {RangeError} if the identity, the key or the ALPN name is too short or too long.
   */
  static client(options: PskClientOptions): PskTls {
    checkOwnKey(options);
    const settings = settingsOf(options);
    return new PskTls(settings, "client", (wire, established) => {
      return new ClientHandshake(wire, options, established);
    });
  }

  /**
   * A server; it waits for a ClientHello.
   *
   * @throws {RangeError} if the ALPN name is too short or too long.
   */
  static server(options: PskServerOptions): PskTls {
    const settings = settingsOf(options);
    return new PskTls(settings, "server", (wire, established) => {
      return new ServerHandshake(wire, options, established);
    });
  }

  /** Takes bytes of the stream, however cut. Never throws, and keeps no view of them. */
  receive(bytes: Uint8Array): void {
    if (this.#hasFailed) return;
    try {
      this.#wire.incoming.receive(bytes);
    } catch (error) {
      return this.#fail(error);
    }
    this.#wire.outgoing.flush();
  }

  /**
   * Sends application data.
   *
   * @throws {Error} before `established` and after `close`; after a failure it does nothing.
   */
  send(bytes: Uint8Array): void {
    if (this.#hasFailed) return;
    const { outgoing } = this.#wire;
    this.#expectEstablished();
    if (outgoing.isClosed) throw new Error("close() has ended what can be sent");
    outgoing.data(bytes);
    outgoing.flush();
  }

  /**
   * Sends a KeyUpdate, and asks the peer for one if told so, RFC 8446 §4.6.3. After `close` and
   * after a failure it does nothing.
   *
   * @throws {Error} before `established`.
   */
  updateKeys(requestPeer: boolean): void {
    if (this.#hasFailed) return;
    const { outgoing } = this.#wire;
    this.#expectEstablished();
    if (outgoing.isClosed) return;
    outgoing.keyUpdate(requestPeer);
    outgoing.flush();
  }

  /**
   * Sends close_notify, RFC 8446 §6.1; the peer may still send. Before `established` it gives up
   * the handshake, and the connection has failed.
   */
  close(): void {
    const { outgoing } = this.#wire;
    if (this.#hasFailed || outgoing.isClosed) return;
    outgoing.closeNotify();
    outgoing.flush();
    if (this.#isEstablished) return;
    const detail = "this side closed before the handshake was done";
    this.#over({ alert: "close_notify", sent: true, detail });
  }

  /** Tells that the stream has ended; without a close_notify it is a failure. RFC 8446 §6.1. */
  end(): void {
    if (this.#hasFailed || this.#wire.incoming.isClosed) return;
    const when = this.#isEstablished ? "without close_notify" : "before the handshake was done";
    this.#over({ alert: "none", sent: false, detail: `the stream ended ${when}` });
  }

  /** The next output; undefined if there is none for now. */
  poll(): PskTlsOutput | undefined {
    const output = this.#outputs[this.#polled];
    if (output === undefined) return undefined;
    this.#polled++;
    if (this.#polled === this.#outputs.length) {
      this.#outputs.length = 0;
      this.#polled = 0;
    }
    return output;
  }

  #established({ identity, cipherSuite, group }: Agreement): void {
    this.#wire.outgoing.flush();
    this.#wire.incoming.establish();
    this.#isEstablished = true;
    this.#messages = this.#postHandshake;
    this.#outputs.push({
      type: "established",
      identity,
      alpn: this.#wire.settings.alpn,
      cipherSuite: cipherSuite.name,
      group: group.name,
    });
  }

  #data(bytes: Uint8Array): void {
    this.#postHandshake.data();
    this.#outputs.push({ type: "data", bytes });
  }

  #expectEstablished(): void {
    if (!this.#isEstablished) throw new Error("the handshake is not done");
  }

  /** §6.2: the peer hears of what is wrong, unless it was the peer who said so. */
  #fail(error: unknown): void {
    if (error instanceof PeerAlert) {
      return this.#over({ alert: error.alert, sent: false, detail: error.detail });
    }
    // Whatever else is thrown is a fault of ours or of the caller's `lookup`; it may name secrets.
    const { alert, detail } = error instanceof Refusal
      ? error
      : { alert: "internal_error" as const, detail: "something went wrong on this side" };
    this.#wire.outgoing.fatal(alert);
    this.#over({ alert, sent: true, detail });
  }

  #over(failure: PskTlsFailure): void {
    this.#hasFailed = true;
    this.#wire.outgoing.flush();
    this.#outputs.push({ type: "failed", failure });
  }
}

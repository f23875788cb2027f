/** What may come after the handshake, RFC 8446 §4.6: tickets, which are ignored, and KeyUpdate. */
import { Refusal } from "./failure.ts";
import type { MessageReceiver, Wire } from "./handshake.ts";
import { readExtensions } from "./extensions.ts";
import { expectEndOfRecord, HANDSHAKE, type HandshakeMessage } from "./handshake_message.ts";
import { VectorReader } from "./vectors.ts";

/** Takes the handshake messages of an established connection. */
export class PostHandshake implements MessageReceiver {
  #tickets = 0;
  #keyUpdates = 0;

  constructor(private readonly wire: Wire, private readonly role: "client" | "server") {}

  receive(message: HandshakeMessage): void {
    if (message.type === HANDSHAKE.key_update) return this.#keyUpdate(message);
    if (message.type === HANDSHAKE.new_session_ticket && this.role === "client") {
      return this.#ticket(message);
    }
    const { type } = message;
    throw new Refusal("unexpected_message", `handshake message ${type} after the handshake`);
  }

  /** Application data has come: whoever sends some may also change the key again. */
  data(): void {
    this.#keyUpdates = 0;
  }

  /** §4.6.1: nothing is resumed here, as every connection has its key exchange. */
  #ticket({ body }: HandshakeMessage): void {
    const { maxTickets } = this.wire.settings.limits;
    if (++this.#tickets > maxTickets) {
      throw new Refusal("unexpected_message", `more than ${maxTickets} session tickets`);
    }
    const reader = new VectorReader(body);
    // ticket_lifetime and ticket_age_add.
    reader.take(8);
    reader.vector8(0);
    reader.vector16(1);
    readExtensions(reader.vector16(0));
    reader.end();
  }

  /** §4.6.3: the peer's next record is under its next key; if it asks, so is ours. */
  #keyUpdate(message: HandshakeMessage): void {
    expectEndOfRecord(message);
    if (message.body.length !== 1) {
      throw new Refusal("decode_error", "a KeyUpdate that is not one byte");
    }
    const request = message.body[0]!;
    if (request > 1) throw new Refusal("illegal_parameter", `request_update is ${request}`);
    const { incoming, outgoing, settings: { limits } } = this.wire;
    if (++this.#keyUpdates > limits.maxKeyUpdates) {
      const most = `more than ${limits.maxKeyUpdates} KeyUpdates without data`;
      throw new Refusal("unexpected_message", most);
    }
    incoming.updateKey();
    if (request === 1 && !outgoing.isClosed) outgoing.keyUpdate(false);
  }
}

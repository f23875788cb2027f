/** The frame of handshake messages, RFC 8446 §4, and how it is put together from records. */
import { Refusal } from "./failure.ts";
import { Framer } from "./framer.ts";
import type { PskTlsLimits } from "./limits.ts";
import { VectorWriter } from "./vectors.ts";

/** HandshakeType, RFC 8446 §4. */
export const HANDSHAKE = {
  client_hello: 1,
  server_hello: 2,
  new_session_ticket: 4,
  end_of_early_data: 5,
  encrypted_extensions: 8,
  finished: 20,
  key_update: 24,
} as const;

/** Bytes of msg_type and length. */
const HANDSHAKE_HEADER_BYTES = 4;

/** A whole handshake message. Its bytes may be a view of what was received. */
export interface HandshakeMessage {
  readonly type: number;
  /** With its header, as the transcript has it. */
  readonly bytes: Uint8Array;
  readonly body: Uint8Array;
  /** True if its end is the end of a record, as before a change of keys it must be. §5.1. */
  readonly endsRecord: boolean;
}

/** Handshake messages out of the contents of records. */
export class HandshakeReader {
  readonly #framer: Framer;

  constructor(limits: PskTlsLimits) {
    this.#framer = new Framer(HANDSHAKE_HEADER_BYTES, (header) => {
      const total = HANDSHAKE_HEADER_BYTES + (header[1]! << 16 | header[2]! << 8 | header[3]!);
      if (total <= limits.maxHandshakeMessageBytes) return total;
      throw new Refusal(
        "illegal_parameter",
        `a handshake message of ${total} bytes; at most ${limits.maxHandshakeMessageBytes} fit`,
      );
    });
  }

  /** True if no message is half there. */
  get isEmpty(): boolean {
    return this.#framer.isEmpty;
  }

  push(content: Uint8Array): void {
    this.#framer.push(content);
  }

  next(): HandshakeMessage | undefined {
    const bytes = this.#framer.next();
    if (!bytes) return undefined;
    return {
      type: bytes[0]!,
      bytes,
      body: bytes.subarray(HANDSHAKE_HEADER_BYTES),
      endsRecord: this.#framer.isEmpty,
    };
  }
}

/** A handshake message that begins with its type and length. */
export function handshakeMessage(
  type: number,
  write: (writer: VectorWriter) => void,
): Uint8Array<ArrayBuffer> {
  const writer = new VectorWriter();
  return writer.uint8(type).vector(3, () => write(writer)).finish();
}

/** §5.1: a message before a change of keys ends its record. */
export function expectEndOfRecord(message: HandshakeMessage): void {
  if (message.endsRecord) return;
  throw new Refusal("unexpected_message", "more follows in a record whose keys are at their end");
}

/** One connection: bytes ⇄ messages, bounded. The simulator and the driver move the bytes. */

import { asap, DecodeFailure, enrp, MessageSplitter } from "../wire/mod.ts";
import type { Message, ProtocolName } from "./machine.ts";

/** What came over a link. */
export type LinkInput =
  | {
    readonly kind: "message";
    readonly message: Message;
    readonly unrecognized: readonly Uint8Array[];
  }
  | { readonly kind: "failure"; readonly failure: DecodeFailure }
  | { readonly kind: "garbage"; readonly detail: string };

/** The state of one connection's byte streams. */
export class Link {
  readonly protocol: ProtocolName;
  private readonly splitter = new MessageSplitter();

  constructor(protocol: ProtocolName) {
    this.protocol = protocol;
  }

  /** Whether part of a message has come and its rest has not. */
  get isPartial(): boolean {
    return this.splitter.pendingBytes > 0;
  }

  /** Yields what a chunk completes, in order. */
  *receive(chunk: Uint8Array): Generator<LinkInput, void> {
    for (const split of this.splitter.split(chunk)) {
      if (split.kind === "garbage") yield split;
      else yield this.decode(split.bytes);
    }
  }

  private decode(bytes: Uint8Array): LinkInput {
    const decoded = this.protocol === "ASAP" ? asap.decode(bytes) : enrp.decode(bytes);
    if (decoded instanceof DecodeFailure) return { kind: "failure", failure: decoded };
    const { message, unrecognized } = decoded;
    return { kind: "message", message, unrecognized };
  }
}

/** The bytes of a message of either protocol. */
export function encodeMessage(message: Message): Uint8Array {
  if (message.type.startsWith("ASAP_")) {
    return asap.encode(message as Parameters<typeof asap.encode>[0]);
  }
  return enrp.encode(message as Parameters<typeof enrp.encode>[0]);
}

/** A connection to an element as its user's bytes, with a control channel or without (§15). */

import {
  dataFrames,
  endFrame,
  SESSION_PREFACE,
  SESSION_PREFACE_WITH_COOKIE,
  SessionSplitter,
  type Transport,
  USE_DATA_ONLY,
} from "../../wire/mod.ts";

/** What comes over it. */
export type WirePiece =
  /** The element speaks; of a `data` pool that is its first bytes. */
  | { readonly kind: "spoken" }
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "end" }
  /** One message of the control channel. */
  | { readonly kind: "control"; readonly bytes: Uint8Array }
  | { readonly kind: "garbage"; readonly detail: string };

/** How one element is spoken with. */
export interface ElementWire {
  /** Whether there is a control channel: Transport Use 1. */
  readonly hasControl: boolean;
  /** Whether a part of something stands whose rest must come soon. */
  readonly isPartial: boolean;
  /** What is sent before all else. */
  greeting(hasCookie: boolean): Uint8Array[];
  /** Bytes of the data channel, in pieces to be written one after the other. */
  data(bytes: Uint8Array): Uint8Array[];
  /** What ends the data; `undefined`: the end of the stream does. */
  end(): Uint8Array | undefined;
  /** What a chunk brings. Whoever stops before the end loses the rest. */
  receive(chunk: Uint8Array): Generator<WirePiece, void>;
}

/** How an element with this transport is spoken with. RFC 5354 §3.4. */
export function wireTo(transport: Transport): ElementWire {
  const isPlain = transport.protocol === "opaque" || transport.use === USE_DATA_ONLY;
  return isPlain ? new PlainWire() : new MuxWire();
}

class PlainWire implements ElementWire {
  readonly hasControl = false;
  readonly isPartial = false;
  private hasSpoken = false;

  greeting(): Uint8Array[] {
    return [];
  }

  data(bytes: Uint8Array): Uint8Array[] {
    return bytes.length === 0 ? [] : [bytes];
  }

  end(): undefined {
    return undefined;
  }

  *receive(bytes: Uint8Array): Generator<WirePiece, void> {
    if (!this.hasSpoken) yield { kind: "spoken" };
    this.hasSpoken = true;
    yield { kind: "data", bytes };
  }
}

class MuxWire implements ElementWire {
  readonly hasControl = true;
  private readonly splitter = new SessionSplitter();
  private hasEnded = false;

  get isPartial(): boolean {
    return this.splitter.isPartial;
  }

  greeting(hasCookie: boolean): Uint8Array[] {
    return [hasCookie ? SESSION_PREFACE_WITH_COOKIE : SESSION_PREFACE];
  }

  data(bytes: Uint8Array): Uint8Array[] {
    return dataFrames(bytes);
  }

  end(): Uint8Array {
    return endFrame();
  }

  *receive(chunk: Uint8Array): Generator<WirePiece, void> {
    for (const piece of this.splitter.split(chunk)) {
      if (piece.kind === "preface") yield { kind: "spoken" };
      else if (piece.kind === "control" || piece.kind === "garbage") yield piece;
      else if (this.hasEnded) return yield { kind: "garbage", detail: "data behind its end" };
      else yield piece;
      if (piece.kind === "end") this.hasEnded = true;
    }
  }
}

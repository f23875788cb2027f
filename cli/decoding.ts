/** Bytes as messages for people: which protocol they are, field by field, and as JSON. */

import type { ClientApi } from "./api.ts";
import { u16 } from "./bytes.ts";

/** The two protocols, whose message types overlap. */
export type ProtocolWord = "asap" | "enrp";

type Result = ReturnType<ClientApi["asap"]["decode"]> | ReturnType<ClientApi["enrp"]["decode"]>;

/** One message, or what was to be one. */
export interface Reading {
  readonly word: ProtocolWord;
  /** Whether nobody said which protocol it is. */
  readonly guessed: boolean;
  readonly bytes: Uint8Array;
  readonly result: Result;
}

const HEADER_BYTES = 4;

/**
 * Reads messages that follow each other. After one whose length cannot be, the rest belongs to it.
 */
export function readMessages(
  api: ClientApi,
  bytes: Uint8Array,
  protocol: ProtocolWord | undefined,
): Reading[] {
  const readings: Reading[] = [];
  let offset = 0;
  do {
    const length = messageLength(bytes.subarray(offset));
    readings.push(read(api, bytes.subarray(offset, offset + length), protocol));
    offset += length;
  } while (offset < bytes.length);
  return readings;
}

/** The bytes of the first message with its padding, as far as they are there. */
function messageLength(bytes: Uint8Array): number {
  if (bytes.length < HEADER_BYTES) return bytes.length;
  const length = u16(bytes, 2);
  if (length < HEADER_BYTES) return bytes.length;
  return Math.min(bytes.length, Math.ceil(length / 4) * 4);
}

/** As the protocol that was named; else as the one that fits, or that fits for longer. */
function read(api: ClientApi, bytes: Uint8Array, protocol: ProtocolWord | undefined): Reading {
  if (protocol !== undefined) return readAs(api, bytes, protocol, false);
  const [asap, enrp] = [readAs(api, bytes, "asap", true), readAs(api, bytes, "enrp", true)];
  if (asap.result.ok) return asap;
  if (enrp.result.ok) return enrp;
  return enrp.result.offset > asap.result.offset ? enrp : asap;
}

function readAs(api: ClientApi, bytes: Uint8Array, word: ProtocolWord, guessed: boolean): Reading {
  return { word, guessed, bytes, result: api[word].decode(bytes) };
}

/** A message as JSON; of a broken one, why it is broken and what could be read. */
export function viewReading(api: ClientApi, { word, result }: Reading): Record<string, unknown> {
  const protocol = api[word];
  if (result.ok) {
    const { message } = result;
    return { valid: true, ...protocol.view(message) };
  }
  const { cause, offset, detail, partial } = result;
  return {
    valid: false,
    ...protocol.view(partial),
    cause: { code: api.formatNumber(cause, 4), name: api.causeName(cause) },
    offset,
    detail,
  };
}

/** Annotated hex, field by field. */
export function annotateReading(api: ClientApi, { word, guessed, bytes }: Reading): string {
  const length = `${bytes.length} byte${bytes.length === 1 ? "" : "s"}`;
  const other = word === "asap" ? "enrp" : "asap";
  const hint = guessed ? ` (guessed; else --protocol ${other})` : "";
  const lines = word === "asap" ? api.annotate(api.asap, bytes) : api.annotate(api.enrp, bytes);
  return [`${word.toUpperCase()}, ${length}${hint}`, ...lines].map((line) => `${line}\n`).join("");
}

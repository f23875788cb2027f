/** How much fits into one message about bindings. RFC 5354 §4: a length has 16 bits. */

import type { StoredBinding } from "../../../bindings/mod.ts";
import { MAX_BINDINGS_PER_MESSAGE } from "../../../wire/mod.ts";
import { HEADER_BYTES, padded } from "../message_size.ts";

/** Bytes of a Binding parameter without what may be missing. docs/messages.md. */
const BINDING_BYTES = HEADER_BYTES + 28;
/** Bytes that bindings may have in one message: servers and the rest have their place beside. */
export const MAX_PAGE_BYTES = 40_000;

/** Bytes of a binding, at most. */
export function bytesOf({ hardware, clientId, host, acknowledgedBy }: StoredBinding): number {
  let bytes = BINDING_BYTES;
  if (hardware !== undefined) bytes += HEADER_BYTES + padded(octets(hardware));
  if (clientId !== undefined) bytes += HEADER_BYTES + padded(octets(clientId));
  if (host !== undefined) bytes += HEADER_BYTES + padded(host.length);
  if (acknowledgedBy !== undefined) bytes += HEADER_BYTES + 4 * acknowledgedBy.length;
  return bytes;
}

/** Two digits and a colon each. */
function octets(text: string): number {
  return (text.length + 1) / 3;
}

/** The first of them that fit into one message. */
export function firstThatFit(bindings: readonly StoredBinding[]): readonly StoredBinding[] {
  let bytes = 0;
  let count = 0;
  for (const binding of bindings) {
    bytes += bytesOf(binding);
    if (bytes > MAX_PAGE_BYTES || count === MAX_BINDINGS_PER_MESSAGE) break;
    count++;
  }
  return count === bindings.length ? bindings : bindings.slice(0, count);
}

/** All of them, in as many messages as it takes. */
export function* inMessages(
  bindings: readonly StoredBinding[],
): IterableIterator<readonly StoredBinding[]> {
  for (let rest = bindings; rest.length > 0;) {
    const page = firstThatFit(rest);
    yield page;
    rest = rest.slice(page.length);
  }
}

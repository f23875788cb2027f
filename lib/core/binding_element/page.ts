/** How much fits into one message. docs/dhcp.md §5.4. */

import {
  type Binding,
  type BindingServer,
  MAX_BINDINGS_PER_MESSAGE,
  MAX_MESSAGE_LENGTH,
} from "../../wire/mod.ts";
import type { BindingRecords } from "./contract.ts";

/** Kept free for what else a message carries: its header, its pool handle, its causes. */
const RESERVED_BYTES = 2_048;
/** Bytes of a parameter's header, its padding included at worst. */
const AROUND_BYTES = 4 + 3;
/** Bytes of what every binding and every server has. */
const BINDING_BYTES = 4 + 32;
const SERVER_BYTES = 4 + 44;
const ACKNOWLEDGEMENT_BYTES = 4 + 12;

/** As many of the records as fit into one message, in their order; servers go first. */
export function fitting({ servers, bindings }: BindingRecords): BindingRecords {
  let left = MAX_MESSAGE_LENGTH - RESERVED_BYTES;
  const fits = (bytes: number) => (left -= bytes) >= 0;
  return {
    servers: whileHolds(servers, (each) => fits(bytesOfServer(each))),
    bindings: whileHolds(bindings.slice(0, MAX_BINDINGS_PER_MESSAGE), (each) => {
      return fits(bytesOf(each));
    }),
  };
}

function whileHolds<T>(all: readonly T[], holds: (each: T) => boolean): readonly T[] {
  const end = all.findIndex((each) => !holds(each));
  return end === -1 ? all : all.slice(0, end);
}

/** Bytes of a binding at most. */
function bytesOf({ hardware, clientId, host, acknowledgedBy }: Binding): number {
  let bytes = BINDING_BYTES;
  for (const text of [hardware, clientId, host]) {
    // Two digits and a colon are one byte, so that this is enough for both.
    if (text !== undefined) bytes += AROUND_BYTES + text.length;
  }
  return acknowledgedBy === undefined ? bytes : bytes + AROUND_BYTES + 4 * acknowledgedBy.length;
}

function bytesOfServer({ name, acknowledgements }: BindingServer): number {
  return SERVER_BYTES + AROUND_BYTES + name.length +
    ACKNOWLEDGEMENT_BYTES * acknowledgements.length;
}

/**
 * Bytes between two connections, both ways, as fast as the slower reader takes them: a direction
 * reads again only when what it has read is written.
 */

import type { Buffers } from "./buffers.ts";

/** One end of what is relayed; Deno's TCP connections are such. */
export interface RelayedStream {
  /** Reads into the buffer; null at the end of what the other side sends. */
  read(buffer: Uint8Array<ArrayBuffer>): Promise<number | null>;
  write(bytes: Uint8Array<ArrayBuffer>): Promise<number>;
  /** Ends what is sent; the other direction goes on. */
  closeWrite(): Promise<void>;
  close(): void;
}

/** How a relay ended: both sides had ended, or a side was lost. */
export type RelayEnd = "ended" | "client-lost" | "element-lost";

/** How many bytes have gone where. */
export interface RelayedBytes {
  toElement: number;
  toClient: number;
}

/**
 * Relays until both sides have ended, or one is lost; then closes both.
 *
 * @returns how it ended; it never rejects.
 */
export async function relay(
  client: RelayedStream,
  element: RelayedStream,
  buffers: Buffers,
  counted: RelayedBytes = { toElement: 0, toClient: 0 },
): Promise<RelayEnd> {
  const relaying: Relaying = { client, element, buffers, counted, open: 2, end: "ended" };
  const toElement = copy(relaying, client, element);
  await copy(relaying, element, client);
  await toElement;
  if (relaying.end === "ended") closeBoth(relaying);
  return relaying.end;
}

/** Both directions of a connection. */
interface Relaying {
  readonly client: RelayedStream;
  readonly element: RelayedStream;
  readonly buffers: Buffers;
  readonly counted: RelayedBytes;
  /** Directions that have not ended. */
  open: number;
  end: RelayEnd;
}

async function copy(relaying: Relaying, from: RelayedStream, to: RelayedStream): Promise<void> {
  const { buffers, counted } = relaying;
  const direction = from === relaying.client ? "toElement" : "toClient";
  let buffer = buffers.first();
  let side = from;
  try {
    for (;;) {
      const count = await from.read(buffer);
      if (count === null) break;
      counted[direction] += count;
      side = to;
      const written = await to.write(count === buffer.length ? buffer : buffer.subarray(0, count));
      if (written < count) await writeAll(to, buffer.subarray(written, count));
      side = from;
      buffer = buffers.next(buffer, count);
    }
    side = to;
    // Where the other direction has ended, too, the close that follows says it as well.
    if (--relaying.open > 0) await to.closeWrite();
  } catch {
    lose(relaying, side);
  } finally {
    buffers.giveBack(buffer);
  }
}

/** A side is lost; that the other direction then fails as well says nothing new. */
function lose(relaying: Relaying, side: RelayedStream): void {
  if (relaying.end !== "ended") return;
  relaying.end = side === relaying.client ? "client-lost" : "element-lost";
  closeBoth(relaying);
}

function closeBoth({ client, element }: Relaying): void {
  close(client);
  close(element);
}

/** Writes all of it; the system may take less at a time. */
export async function writeAll(
  to: Pick<RelayedStream, "write">,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await to.write(rest));
}

/** Closes a stream, whatever has become of it. */
export function close(stream: Pick<RelayedStream, "close">): void {
  try {
    stream.close();
  } catch { // Closed before.
  }
}

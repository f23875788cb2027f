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

/**
 * Relays until both sides have ended, or one is lost; then both are closed.
 *
 * @returns how it ended; it never rejects.
 */
export async function relay(
  client: RelayedStream,
  element: RelayedStream,
  buffers: Buffers,
): Promise<RelayEnd> {
  let end: RelayEnd = "ended";
  const lose = (side: RelayEnd) => {
    if (end === "ended") end = side;
    close(client);
    close(element);
  };
  const toElement = copy(client, element, buffers, {
    unread: () => lose("client-lost"),
    unwritten: () => lose("element-lost"),
  });
  const toClient = copy(element, client, buffers, {
    unread: () => lose("element-lost"),
    unwritten: () => lose("client-lost"),
  });
  await toElement;
  await toClient;
  close(client);
  close(element);
  return end;
}

/** Who is told of the side that was lost. */
interface Losses {
  unread(): void;
  unwritten(): void;
}

async function copy(
  from: RelayedStream,
  to: RelayedStream,
  buffers: Buffers,
  losses: Losses,
): Promise<void> {
  let buffer = buffers.first();
  let isReading = true;
  try {
    for (;;) {
      const count = await from.read(buffer);
      if (count === null) break;
      isReading = false;
      await writeAll(to, count === buffer.length ? buffer : buffer.subarray(0, count));
      isReading = true;
      buffer = buffers.next(buffer, count);
    }
    isReading = false;
    await to.closeWrite();
  } catch {
    if (isReading) losses.unread();
    else losses.unwritten();
  } finally {
    buffers.giveBack(buffer);
  }
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

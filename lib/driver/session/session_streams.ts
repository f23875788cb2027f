/** What a session sends and receives as streams of the platform. */

/** Those that a program has asked for. */
export interface SessionStreams {
  readable?: ReadableStream<Uint8Array>;
  writable?: WritableStream<Uint8Array>;
}

/** Reads from it no sooner than it is read from. */
export function readableOf(
  receive: () => Promise<Uint8Array | undefined>,
  cancel: (reason: unknown) => void,
): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull: async (controller) => {
      const bytes = await receive();
      if (bytes === undefined) controller.close();
      else controller.enqueue(bytes);
    },
    cancel,
  }, { highWaterMark: 0 });
}

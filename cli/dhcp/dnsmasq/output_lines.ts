/** The output of a process, line by line. */

import { MAX_OUTPUT_LINE } from "./limits.ts";

/** Reads a stream to its end; of a line that is too long only the beginning is told. */
export async function outputLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  tell: (line: string) => void,
): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!.slice(0, MAX_OUTPUT_LINE);
    for (const line of lines) if (line.trim() !== "") tell(line.slice(0, MAX_OUTPUT_LINE).trim());
  }
  if (rest.trim() !== "") tell(rest.trim());
}

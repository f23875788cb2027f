import assert from "node:assert/strict";
import { MAX_OUTPUT_LINE } from "../../../../cli/dhcp/dnsmasq/limits.ts";
import { outputLines } from "../../../../cli/dhcp/dnsmasq/output_lines.ts";

async function linesOf(...pieces: string[]): Promise<string[]> {
  const lines: string[] = [];
  const stream = ReadableStream.from(pieces.map((piece) => new TextEncoder().encode(piece)));
  await outputLines(stream, (line) => lines.push(line));
  return lines;
}

Deno.test("output comes in lines, however it is cut", async () => {
  assert.deepEqual(await linesOf("one\ntw", "o\n\n  \nthree"), ["one", "two", "three"]);
});

Deno.test("a line above MAX_OUTPUT_LINE is cut", async () => {
  const lines = await linesOf("x".repeat(MAX_OUTPUT_LINE * 2), "y".repeat(10), "\nnext\n");
  assert.deepEqual(lines.map(({ length }) => length), [MAX_OUTPUT_LINE, 4]);
});

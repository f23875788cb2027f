/** What `decode` is given: hex digits, files, standard input. */

import { joined } from "../bytes.ts";
import { isCapture } from "../capture/magic.ts";
import type { Context } from "../command.ts";
import { EXIT, ExitError, UsageError } from "../exit.ts";
import { reasonOf } from "../failure.ts";
import type { ByteStream, World } from "../world.ts";

/** Bytes that are read of a file or of standard input, unless they are a capture. */
const MAX_INPUT_BYTES = 16 << 20;
const CHUNK_BYTES = 64 * 1024;

/** A capture, which may be longer than fits, or not at its end yet. */
export interface Capture {
  readonly name: string;
  readonly isStandardInput: boolean;
  /** Its first bytes. */
  readonly first: Uint8Array;
  /** Those behind them. */
  readonly rest: ByteStream;
}

/** The bytes that the arguments stand for, or the capture that the only one of them names. */
export async function readInput(
  context: Context,
  args: readonly string[],
): Promise<Uint8Array | Capture> {
  if (args.length === 0 && context.world.stdin.isTerminal) {
    throw new UsageError("nothing to decode; give HEX, @FILE, or - for standard input");
  }
  const parts: Uint8Array[] = [];
  let digits = "";
  for (const arg of args.length === 0 ? ["-"] : args.map(asSource)) {
    if (!isSource(arg)) {
      digits += ` ${arg}`;
      continue;
    }
    if (digits !== "") parts.push(parseHexText(digits, FILE_HINT));
    digits = "";
    const read = await readSource(context, arg);
    if (read instanceof Uint8Array) parts.push(hexTextOrRaw(read));
    else if (args.length <= 1) return read;
    else throw new UsageError(`${read.name} is a capture, which must be the only argument`);
  }
  if (digits !== "") parts.push(parseHexText(digits, FILE_HINT));
  return joined(parts);
}

/** What is named as captures are is one; no hex digits end so. */
function asSource(arg: string): string {
  return /^[^@].*\.(pcap|pcapng|cap)$/i.test(arg) ? `@${arg}` : arg;
}

function isSource(arg: string): boolean {
  return arg === "-" || arg.startsWith("@");
}

async function readSource({ world }: Context, arg: string): Promise<Uint8Array | Capture> {
  if (arg === "-") return await readStream("standard input", world.stdin, world);
  const path = arg.slice(1);
  try {
    return await readStream(path, await world.openFile(path), world);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(
      `cannot read ${path === "" ? "@: no file name" : path}: ${reasonOf(error)}`,
    );
  }
}

async function readStream(
  name: string,
  rest: ByteStream,
  { stdin }: World,
): Promise<Uint8Array | Capture> {
  const chunks: Uint8Array[] = [];
  for (let length = 0; length <= MAX_INPUT_BYTES;) {
    const chunk = new Uint8Array(CHUNK_BYTES);
    const count = await rest.next(chunk);
    if (count === null) return joined(chunks);
    chunks.push(chunk.subarray(0, count));
    const isFirst = length === 0;
    length += count;
    if (!isFirst || !isCapture(chunk.subarray(0, count))) continue;
    return { name, isStandardInput: rest === stdin, first: chunks[0]!, rest };
  }
  throw new UsageError(`${name} has more than ${MAX_INPUT_BYTES} bytes`);
}

/** No message begins with a hex digit or blank, so text can be told from raw bytes. */
function hexTextOrRaw(bytes: Uint8Array): Uint8Array {
  const [first] = bytes;
  const isText = first !== undefined && /[0-9a-fA-F\s:]/.test(String.fromCharCode(first));
  return isText ? parseHexText(new TextDecoder("latin1").decode(bytes)) : bytes;
}

const FILE_HINT = " (a file is written @FILE)";

function parseHexText(text: string, hint = ""): Uint8Array {
  const digits = text.replace(/(^|[\s:,])0x/gi, "$1").replace(/[\s:,]+/g, "");
  const wrong = /[^0-9a-fA-F]/.exec(digits);
  if (wrong !== null) {
    throw new ExitError(
      EXIT.invalidMessage,
      `not hex: "${wrong[0]}" is not a hex digit${hint}`,
    );
  }
  if (digits.length % 2 !== 0) {
    throw new ExitError(
      EXIT.invalidMessage,
      `not hex: the number of digits, ${digits.length}, is odd`,
    );
  }
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

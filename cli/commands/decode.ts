/** `decode`: what bytes of ASAP or ENRP say. RFC 5354. */

import type { ClientApi } from "../api.ts";
import { type Context, defineCommand } from "../command.ts";
import { annotateReading, type Reading, readMessages, viewReading } from "../decoding.ts";
import { EXIT, ExitError, UsageError } from "../exit.ts";
import { reasonOf } from "../failure.ts";
import { parseChoice, value, type ValuesOf } from "../option.ts";
import type { SharedValues } from "../options.ts";
import { printableJson } from "../printable.ts";

/** Bytes that are read of a file or of standard input. */
const MAX_INPUT_BYTES = 16 << 20;

const options = {
  protocol: value(
    "--protocol <PROTOCOL>",
    "asap or enrp, whose message types overlap (default: the one that fits)",
    (text) => parseChoice(text, ["asap", "enrp"]),
  ),
};

type Options = ValuesOf<typeof options> & SharedValues;

/** The command. */
export const command = defineCommand({
  arguments: [["[HEX...]", "hex digits, @FILE for a file (hex text or raw bytes), - for stdin"]],
  options,
  uses: ["output"],
  notes: `
Blanks, colons and 0x between the digits do not matter. Several messages may follow each other.
Exit code 8: the bytes are not a valid message; what could be read of it is shown.`,
  examples: [
    ["rserpool decode 03000014 00090007 77656200 000e0008 00000007", "explain hex digits"],
    ["rserpool decode @message.bin -o json", "a file, as JSON"],
    ["xxd -p message.bin | rserpool decode --protocol enrp -", "standard input, as ENRP"],
  ],
  run,
});

async function run(context: Context, options: Options, args: readonly string[]): Promise<number> {
  if (options.output === "csv") throw new UsageError("decode has no csv form");
  const bytes = await readInput(context, args);
  const api = await context.clientApi();
  const readings = readMessages(api, bytes, options.protocol);
  await print(context, options, api, readings);
  const broken = readings.find(({ result }) => !result.ok);
  if (broken === undefined) return EXIT.ok;
  throw new ExitError(EXIT.invalidMessage, whyBroken(api, broken));
}

function whyBroken(api: ClientApi, { result, word }: Reading): string {
  if (result.ok) return "";
  const name = result.messageType ?? word.toUpperCase();
  return `not a valid ${name} message: ${result.detail} (offset ${result.offset}, ` +
    `${api.causeName(result.cause)})`;
}

async function print(
  context: Context,
  options: Options,
  api: ClientApi,
  readings: readonly Reading[],
): Promise<void> {
  const { stdout } = context;
  if (options.output === "table") {
    return stdout.print(readings.map((each) => annotateReading(api, each)).join("\n"));
  }
  const views = readings.map((reading) => viewReading(api, reading));
  if (options.output === "yaml") {
    const whole = views.length === 1 ? views[0] : views;
    return await stdout.printResult({ json: () => whole, lines: () => [], table: noTable });
  }
  stdout.print(views.map((view) => `${printableJson(view)}\n`).join(""));
}

function noTable(): never {
  throw new TypeError("Cannot print messages as a table");
}

async function readInput(context: Context, args: readonly string[]): Promise<Uint8Array> {
  const { stdin } = context.world;
  if (args.length === 0 && stdin.isTerminal) {
    throw new UsageError("nothing to decode; give HEX, @FILE, or - for standard input");
  }
  const parts: Uint8Array[] = [];
  let digits = "";
  for (const arg of args.length === 0 ? ["-"] : args) {
    if (arg !== "-" && !arg.startsWith("@")) {
      digits += ` ${arg}`;
      continue;
    }
    if (digits !== "") parts.push(parseHexText(digits));
    digits = "";
    parts.push(hexTextOrRaw(await readSource(context, arg)));
  }
  if (digits !== "") parts.push(parseHexText(digits));
  return concat(parts);
}

async function readSource(context: Context, arg: string): Promise<Uint8Array> {
  const { world } = context;
  if (arg === "-") {
    return requireLimit("standard input", await world.stdin.read(MAX_INPUT_BYTES + 1));
  }
  const path = arg.slice(1);
  let bytes: Uint8Array;
  try {
    bytes = await world.readFile(path, MAX_INPUT_BYTES + 1);
  } catch (error) {
    throw new UsageError(
      `cannot read ${path === "" ? "@: no file name" : path}: ${reasonOf(error)}`,
    );
  }
  return requireLimit(path, bytes);
}

function requireLimit(name: string, bytes: Uint8Array): Uint8Array {
  if (bytes.length <= MAX_INPUT_BYTES) return bytes;
  throw new UsageError(`${name} has more than ${MAX_INPUT_BYTES} bytes`);
}

/** No message begins with a hex digit or blank, so text can be told from raw bytes. */
function hexTextOrRaw(bytes: Uint8Array): Uint8Array {
  const [first] = bytes;
  const isText = first !== undefined && /[0-9a-fA-F\s:]/.test(String.fromCharCode(first));
  return isText ? parseHexText(new TextDecoder("latin1").decode(bytes)) : bytes;
}

function parseHexText(text: string): Uint8Array {
  const digits = text.replace(/(^|[\s:,])0x/gi, "$1").replace(/[\s:,]+/g, "");
  const wrong = /[^0-9a-fA-F]/.exec(digits);
  if (wrong !== null) {
    throw new ExitError(EXIT.invalidMessage, `not hex: "${wrong[0]}" is not a hex digit`);
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

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** `decode`: what bytes of ASAP or ENRP say. RFC 5354. */

import type { ClientApi } from "../api.ts";
import { type Context, defineCommand } from "../command.ts";
import { readInput } from "../decode/input.ts";
import { annotateReading, type Reading, readMessages, viewReading } from "../decoding.ts";
import { EXIT, ExitError, UsageError } from "../exit.ts";
import { flag, parseChoice, value, type ValuesOf } from "../option.ts";
import type { SharedValues } from "../options.ts";
import { printableJson } from "../printable.ts";
import { forgetUnread, unread } from "../unread.ts";

const options = {
  protocol: value(
    "--protocol <PROTOCOL>",
    "asap or enrp, whose message types overlap (default: the one that fits)",
    (text) => parseChoice(text, ["asap", "enrp"]),
  ),
  fields: flag("--fields", "every field of every message of a capture, not one line a message"),
  follow: flag("--follow", "what happens at a registrar: the events of the --http of a command"),
};

type Options = ValuesOf<typeof options> & SharedValues;

/** The command. */
export const command = defineCommand({
  arguments: [[
    "[HEX...]",
    "hex digits, @FILE for a file (hex text, raw bytes or a capture), - for stdin; " +
    "with --follow: a URL",
  ]],
  options,
  uses: ["output", "certificate"],
  notes: `
Blanks, colons and 0x between the digits do not matter. Several messages may follow each other.
Exit code 8: the bytes are not a valid message; what could be read of it is shown.

A capture (pcap or pcapng, as tcpdump and Wireshark write them) is read as it grows. Its messages
are found in TCP streams, SCTP and UDP, by the ports 3863 and 9901 or because they are valid
messages; what is over TLS cannot be read. A file whose name ends in .pcap, .pcapng or .cap needs
no @.

--follow prints the events of a command that runs with --http, one line each, as its log has them,
or as JSON with -o json; docs/events.md lists them. Its URL is http://127.0.0.1:9102 by default;
with https: --ca says whom to trust, and --cert and --key who asks. It ends by Ctrl-C or SIGTERM;
a connection that is lost is made again, and what was missed is told.`,
  examples: [
    ["rserpool decode 03000014 00090007 77656200 000e0008 00000007", "explain hex digits"],
    ["rserpool decode @message.bin -o json", "a file, as JSON"],
    ["xxd -p message.bin | rserpool decode --protocol enrp -", "standard input, as ENRP"],
    ["rserpool decode trace.pcapng", "every message of a capture, one line each"],
    ["tcpdump -U -w - port 3863 | rserpool decode -", "what is on the wire now"],
    ["rserpool decode --follow 127.0.0.1:9102", "what happens at a registrar now"],
  ],
  longRunning: ({ follow }) => follow,
  run,
});

async function run(
  context: Context,
  options: Options,
  args: readonly string[],
): Promise<number | void> {
  if (options.follow) {
    const { followStream } = await import("../events/follow_command.ts");
    return await followStream(context, options, args);
  }
  refuseAlone(context);
  if (options.output === "csv") throw new UsageError("decode has no csv form");
  const input = await readInput(context, args);
  if (!(input instanceof Uint8Array)) {
    // In the built file the whole program may take over here, from the beginning.
    if (input.isStandardInput) unread(input.first);
    const { decodeCapture } = await import("../capture/run.ts");
    forgetUnread();
    return await decodeCapture(context, options, input);
  }
  if (options.fields) throw new UsageError("--fields is for captures; other bytes have it anyway");
  return await decodeBytes(context, options, input);
}

/** Who names a certificate here means a stream. */
function refuseAlone({ sourceOf }: Context): void {
  const given = (["ca", "cert", "key"] as const).find((key) => sourceOf(key) === "option");
  if (given !== undefined) throw new UsageError(`--${given} needs --follow`);
}

async function decodeBytes(
  context: Context,
  options: Options,
  bytes: Uint8Array,
): Promise<number> {
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

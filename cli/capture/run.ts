/** `decode` of a capture: every message that is in it, as it comes. */

import type { Context } from "../command.ts";
import { annotateReading, type ProtocolWord, type Reading, readMessages } from "../decoding.ts";
import { EXIT, ExitError, UsageError } from "../exit.ts";
import { printableJson } from "../printable.ts";
import type { Capture } from "../decode/input.ts";
import { ByteSource } from "./byte_source.ts";
import { CaptureBroken, readCapture } from "./capture_file.ts";
import { type CapturedMessage, type Losses, noLosses } from "./captured_message.ts";
import { CapturedMessages } from "./captured_messages.ts";
import { lineOf, viewOf } from "./summary.ts";

/** What is printed of a capture. */
export interface CaptureOptions {
  /** The only protocol whose messages are printed, if one is. */
  readonly protocol: ProtocolWord | undefined;
  /** Whether every field is printed, for people. */
  readonly fields: boolean;
  readonly output: string;
}

/** Text that is held back until the capture has to be waited for. */
const MAX_HELD_CHARACTERS = 64 * 1024;

/** Prints the messages of a capture whose first bytes were read already. */
export async function decodeCapture(
  context: Context,
  options: CaptureOptions,
  { name, first, rest }: Capture,
): Promise<number> {
  const api = await context.api();
  const losses = noLosses();
  const messages = new CapturedMessages(api, losses, options.protocol);
  const printer = new Printer(context, options, api);
  const bytes = new ByteSource(rest, first, () => printer.flush());
  let packets = 0;
  try {
    for await (const packet of readCapture(bytes)) {
      packets = packet.number;
      for (const message of messages.take(packet)) printer.print(message);
    }
  } catch (error) {
    if (!(error instanceof CaptureBroken)) throw error;
    throw new ExitError(EXIT.invalidMessage, `${name} is no capture to its end: ${error.message}`);
  } finally {
    for (const message of messages.flush()) printer.print(message);
    printer.flush();
    tellLosses(context, losses);
  }
  return printer.end(packets);
}

class Printer {
  private readonly context: Context;
  private readonly options: CaptureOptions;
  private readonly api: Awaited<ReturnType<Context["api"]>>;
  private held = "";
  private count = 0;
  private broken = 0;

  constructor(
    context: Context,
    options: CaptureOptions,
    api: Awaited<ReturnType<Context["api"]>>,
  ) {
    if (!["table", "json", "ndjson"].includes(options.output)) {
      throw new UsageError(`decode prints captures as lines or JSON, not as ${options.output}`);
    }
    this.context = context;
    this.options = options;
    this.api = api;
  }

  print(message: CapturedMessage): void {
    for (const reading of readMessages(this.api, message.bytes, message.protocol)) {
      this.count++;
      if (!reading.result.ok) this.broken++;
      this.held += `${this.text(message, reading)}\n`;
    }
    if (this.held.length > MAX_HELD_CHARACTERS) this.flush();
  }

  flush(): void {
    if (this.held === "") return;
    this.context.stdout.print(this.held);
    this.held = "";
  }

  /** How it ended, as an exit code. */
  end(packets: number): number {
    const all = `${this.count} messages in ${packets} packets`;
    if (this.broken > 0) {
      throw new ExitError(EXIT.invalidMessage, `${this.broken} of ${all} are not valid`);
    }
    if (this.count > 0) this.context.log.info(all);
    else this.context.log.warning(`no message of ASAP or ENRP in ${packets} packets`);
    return EXIT.ok;
  }

  private text(message: CapturedMessage, reading: Reading): string {
    const { api, options } = this;
    if (options.output !== "table") return printableJson(viewOf(api, message, reading));
    const line = lineOf(api, message, reading);
    return options.fields ? `${line}\n${annotateReading(api, reading)}` : line;
  }
}

function tellLosses({ log }: Context, losses: Losses): void {
  const words: readonly (readonly [number, string])[] = [
    [losses.tlsConnections, "connections over TLS, which nobody can read without their keys"],
    [losses.gaps, "places in streams where the capture misses segments"],
    [losses.skippedBytes, "bytes of streams of which the beginning is missing"],
    [losses.cutPackets, "packets of which only the beginning was captured (tcpdump -s 0)"],
    [losses.fragments, "fragments of IP datagrams, which are not put together"],
    [losses.unknownLinks, "packets of a link that is not known (Ethernet, IP and Linux's are)"],
    [losses.forgotten, "connections, as there were too many at once"],
  ];
  const told = words.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  if (told.length > 0) log.warning(`not read: ${told.join("; ")}`);
}

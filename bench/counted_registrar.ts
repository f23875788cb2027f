/**
 * A registrar of the library that counts what it sends. It serves ASAP on 127.0.0.1 and ENRP on
 * 127.0.0.2, so that addresses tell the protocols apart.
 *
 * `deno run -A bench/counted_registrar.ts '{"mentors":[…]}'` prints JSON lines: its ports once it
 * serves, what it has learned of peers, and its counters for each line of its standard input, with
 * which it ends.
 */

import process from "node:process";
import {
  Registrar,
  type RegistrarEvent,
  type RegistrarTiming,
  type SocketAddress,
} from "../mod.ts";
import { type Connection, tcpTransport, type Transport } from "../lib/net/mod.ts";
import { type Script, startScript } from "./processes.ts";

const ASAP_HOST = "127.0.0.1";
const ENRP_HOST = "127.0.0.2";

/** What it is to be. */
export interface CountedSettings {
  /** ENRP addresses of others. */
  readonly mentors: readonly SocketAddress[];
  readonly timing?: Partial<RegistrarTiming>;
}

/** What it has sent and used since it began. */
export interface Counters {
  readonly asapBytes: number;
  readonly enrpBytes: number;
  /** Of its process, user and system. */
  readonly cpuMs: number;
  readonly rssBytes: number;
}

type Line = { readonly event: string; readonly [key: string]: unknown };

/** A registrar that can be asked for its counters. */
export class CountedRegistrar {
  private constructor(
    private readonly script: Script,
    readonly port: number,
    /** Where its peers reach it. */
    readonly enrp: SocketAddress,
  ) {}

  /** Resolved when it serves. */
  static async start(settings: CountedSettings): Promise<CountedRegistrar> {
    const script = startScript("counted_registrar.ts", [JSON.stringify(settings)]);
    const { port, enrpPort } = await nextOf(script, "ports");
    const enrp = { host: ENRP_HOST, port: Number(enrpPort) };
    return new CountedRegistrar(script, Number(port), enrp);
  }

  async counters(): Promise<Counters> {
    await this.script.tell("");
    return await nextOf(this.script, "counters") as unknown as Counters;
  }

  /** Waits for an event of its machine. */
  async until(event: "resynchronized"): Promise<void> {
    await nextOf(this.script, event);
  }

  /** Ends it in order. */
  async stop(): Promise<void> {
    await this.script.stop();
  }

  async kill(): Promise<void> {
    await this.script.kill();
  }
}

async function nextOf(script: Script, event: string): Promise<Line> {
  for (;;) {
    const line = JSON.parse(await script.line()) as Line;
    if (line.event === event) return line;
  }
}

/** Counts what is written. */
function countingTransport(count: (isEnrp: boolean, bytes: number) => void): Transport {
  const counted = (connection: Connection): Connection => {
    const isEnrp = [connection.local.host, connection.remote.host].includes(ENRP_HOST);
    const write = connection.write.bind(connection);
    connection.write = (bytes) => {
      count(isEnrp, bytes.length);
      return write(bytes);
    };
    return connection;
  };
  const transport = tcpTransport();
  return {
    listen: (address, onConnection) =>
      transport.listen(address, (connection) => onConnection(counted(connection))),
    dial: async (address, options) => counted(await transport.dial(address, options)),
  };
}

async function run({ mentors, timing }: CountedSettings): Promise<void> {
  const sent = { asapBytes: 0, enrpBytes: 0 };
  const say = (line: Line) => console.log(JSON.stringify(line));
  const registrar = await Registrar.start({
    asap: [{ host: ASAP_HOST, port: 0 }],
    enrp: [{ host: ENRP_HOST, port: 0 }],
    mentors,
    addressCheck: "any",
    ...(timing === undefined ? {} : { timing }),
    transport: countingTransport((isEnrp, bytes) => {
      sent[isEnrp ? "enrpBytes" : "asapBytes"] += bytes;
    }),
    onEvent: ({ type }: RegistrarEvent) => {
      if (type === "resynchronized") say({ event: type });
    },
  });
  say({ event: "ports", port: registrar.asap[0]!.port, enrpPort: registrar.enrp[0]!.port });
  for await (const _ of Deno.stdin.readable) {
    const { user, system } = process.cpuUsage();
    const cpuMs = (user + system) / 1000;
    say({ event: "counters", ...sent, cpuMs, rssBytes: Deno.memoryUsage().rss });
  }
  await registrar.stop();
  Deno.exit(0);
}

if (import.meta.main) await run(JSON.parse(Deno.args[0]!) as CountedSettings);

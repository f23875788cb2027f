/** `registrar`: an ENRP server in the foreground. RFC 5352, RFC 5353. */

import { ASAP_PORT, ENRP_PORT, formatAddress, parseWrittenAddress } from "../address.ts";
import type { Api, Registrar, RegistrarSettings } from "../api.ts";
import { type Context, defineCommand } from "../command.ts";
import { closeDebugger } from "../debugger.ts";
import { formatDuration, parsePositiveDuration } from "../duration.ts";
import { parseIdentifier } from "../identifier.ts";
import { narrate } from "../narrate.ts";
import { choice, list, parseInteger, value, type ValuesOf } from "../option.ts";
import type { SharedValues } from "../options.ts";
import { ReadyFile } from "../ready_file.ts";

const LOOPBACK = "127.0.0.1";

const parseListener = (text: string) => parseWrittenAddress(text, { zeroPort: true });
const duration = (flags: string, description: string, fallbackMs: number) =>
  value(flags, description, parsePositiveDuration, { fallbackText: formatDuration(fallbackMs) });

const options = {
  asap: list(
    "--asap <HOST:PORT>",
    "where pool elements and pool users are served; port 0 means any; repeatable",
    parseListener,
    [{ host: LOOPBACK }],
    { fallbackText: `${LOOPBACK}:${ASAP_PORT}` },
  ),
  enrp: list(
    "--enrp <HOST:PORT>",
    "where other registrars and observers are served; port 0 means any; repeatable",
    parseListener,
    [{ host: LOOPBACK }],
    { fallbackText: `${LOOPBACK}:${ENRP_PORT}` },
  ),
  id: value("--id <ID>", "the identifier of this registrar", parseIdentifier, {
    fallbackText: "random",
  }),
  addressCheck: choice(
    "--address-check <WHICH>",
    "whether an element's addresses must be the one that its connection came from",
    ["observed", "any"],
    "observed",
  ),
  maxBadPeReport: value(
    "--max-bad-pe-report <N>",
    "MAX-BAD-PE-REPORT: more reporters than this remove an element",
    parseInteger(0, 1_000_000),
    { fallbackText: "3" },
  ),
  keepAliveCycle: duration(
    "--keep-alive-cycle <DURATION>",
    "mean time between two keep-alives to an element",
    30_000,
  ),
  keepAliveTimeout: duration(
    "--keep-alive-timeout <DURATION>",
    "how long an element may take to acknowledge one",
    5_000,
  ),
  elementGrace: duration(
    "--element-grace <DURATION>",
    "how long an element that lost its connection and has no ASAP endpoint is kept",
    15_000,
  ),
  readyFile: value(
    "--ready-file <FILE>",
    "write a JSON object there once it serves",
    (text) => text,
  ),
};

type Options = ValuesOf<typeof options> & SharedValues;

/** The command. */
export const command = defineCommand({
  options,
  uses: ["handle"],
  notes: `
It runs until SIGTERM or SIGINT, which end it in order (exit code 0). SIGHUP changes nothing yet:
it runs on when its terminal is closed.
The ready file: {"identifier":"0x…","pid":N,"asap":["HOST:PORT"],"enrp":["HOST:PORT"]}`,
  examples: [
    ["rserpool registrar", "serve this host only, on the usual ports"],
    ["rserpool registrar --asap 192.0.2.1:3863 --enrp 192.0.2.1:9901", "serve a network"],
    [
      "rserpool registrar --asap 127.0.0.1:0 --enrp 127.0.0.1:0 --ready-file /tmp/registrar.json",
      "any free ports, told in a file",
    ],
  ],
  longRunning: true,
  run,
});

async function run(context: Context, options: Options): Promise<void> {
  const api = await context.api();
  const readyFile = new ReadyFile(options.readyFile);
  await readyFile.clear();
  const stopIgnoring = ignoreHangup(context);
  context.world.onSignal("SIGUSR1", () => void closeDebugger());
  const registrar = await api.Registrar.start(registrarSettings(context, api, options));
  try {
    await announce(context, api, registrar, readyFile);
    await Promise.race([registrar.finished, aborted(context.signal)]);
    context.log.notice("stopping", { signal: context.signal.reason });
  } finally {
    killAtSecondSignal(context);
    await registrar.stop();
    stopIgnoring();
  }
  await readyFile.remove();
  context.log.notice("stopped");
}

function registrarSettings(context: Context, api: Api, options: Options): RegistrarSettings {
  const timing = {
    maxBadPeReport: options.maxBadPeReport,
    keepAliveCycleMs: options.keepAliveCycle,
    keepAliveTimeoutMs: options.keepAliveTimeout,
    elementGraceMs: options.elementGrace,
  };
  return {
    asap: options.asap.map(({ host, port }) => ({ host, port: port ?? ASAP_PORT })),
    enrp: options.enrp.map(({ host, port }) => ({ host, port: port ?? ENRP_PORT })),
    addressCheck: options.addressCheck,
    limits: { maxHandleBytes: options.maxHandleBytes },
    timing: definedOf(timing),
    onEvent: (event) => narrate(event, context.log, api),
    ...(options.id === undefined ? {} : { identifier: options.id }),
  };
}

/** What was given; the defaults of the rest are the library's. */
function definedOf<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(values).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

async function announce(
  context: Context,
  api: Api,
  registrar: Registrar,
  readyFile: ReadyFile,
): Promise<void> {
  const identifier = api.formatIdentifier(registrar.identifier);
  const asap = registrar.asap.map(formatAddress);
  const enrp = registrar.enrp.map(formatAddress);
  await readyFile.write({ identifier, pid: Deno.pid, asap, enrp });
  context.log.notice(
    `registrar ${identifier} serves ASAP on ${asap.join(", ")} and ENRP on ${enrp.join(", ")}`,
  );
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

/** A terminal that was closed, or an operator who wants a reload: neither ends a registrar. */
function ignoreHangup(context: Context): () => void {
  return context.world.onSignal("SIGHUP", () => {
    context.log.info("SIGHUP: there is nothing to reload");
  });
}

/** Whoever asks twice does not want to wait for the orderly end. */
function killAtSecondSignal({ world }: Context): void {
  world.onSignal("SIGTERM", () => world.exit(128 + 15));
  world.onSignal("SIGINT", () => world.exit(128 + 2));
}

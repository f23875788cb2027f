/** `registrar`: an ENRP server in the foreground. RFC 5352, RFC 5353. */

import { ASAP_PORT, ENRP_PORT, formatAddress } from "../address.ts";
import type { Api, Registrar, RegistrarSettings } from "../api.ts";
import { type Context, defineCommand } from "../command.ts";
import { closeDebugger } from "../debugger.ts";
import { formatDuration } from "../duration.ts";
import { announceSettings } from "../discovery_options.ts";
import { narrate } from "../narrate.ts";
import type { SharedValues } from "../options.ts";
import { ReadyFile } from "../ready_file.ts";
import { compatSettings } from "./registrar_compat.ts";
import {
  peersOf,
  REGISTRAR_OPTIONS,
  type RegistrarValues,
  timesOf,
  withPort,
} from "./registrar_options.ts";
import { warnOfLoopback } from "./registrar_reach.ts";

type Options = RegistrarValues & SharedValues;

/** The command. */
export const command = defineCommand({
  options: REGISTRAR_OPTIONS,
  uses: ["multicast", "handle"],
  notes: `
It runs until SIGTERM or SIGINT, which end it in order (exit code 0). SIGHUP changes nothing yet:
it runs on when its terminal is closed.

With --peer it has the handle table of one of them before it serves, or serves alone when none can
be reached; it dials them for ever. All registrars may be given the same list. When all are started
at once, they serve after twice --max-time-no-response. When it is stopped, its peers take its
elements over, for at most --handover-timeout; a second signal does not wait.

--timing sets all timers; each that is given besides, wherever it was given, overrides it. Give all
registrars of a network the same, and rserpool register, too.

With --announce it needs no --peer, and its clients no -r but --discover. Whoever is on the network
can announce himself as well: what is heard is dialled, and nothing else of it is believed.

With --compat rsplib, all registrars of the cluster get it, or --arbitration smaller-wins.

The ready file: {"identifier":"0x…","pid":N,"asap":["HOST:PORT"],"enrp":["HOST:PORT"]}`,
  examples: [
    ["rserpool registrar", "serve this host only, on the usual ports"],
    ["rserpool registrar --asap 192.0.2.1:3863 --enrp 192.0.2.1:9901", "serve a network"],
    [
      "rserpool registrar --asap 192.0.2.2:3863 --enrp 192.0.2.2:9901 --peer 192.0.2.1",
      "be a second registrar beside that one: they keep one handlespace in step",
    ],
    [
      "rserpool registrar --asap 192.0.2.1:3863 --enrp 192.0.2.1:9901 --compat rsplib=192.0.2.3",
      "be a peer of an rsplib registrar, which a relay between TCP and SCTP stands for",
    ],
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
  const settings = registrarSettings(context, api, options);
  const readyFile = new ReadyFile(options.readyFile);
  await readyFile.clear();
  const stopIgnoring = ignoreHangup(context);
  context.world.onSignal("SIGUSR1", () => void closeDebugger());
  void aborted(context.signal).then(() => killAtSecondSignal(context));
  const registrar = await startUnlessStopped(context, api, settings);
  if (registrar !== undefined) warnOfLoopback(options, context.log);
  try {
    if (registrar !== undefined) await serve(context, api, registrar, readyFile);
  } finally {
    stopIgnoring();
  }
  context.log.notice("stopped");
}

/** Whoever stops it before it serves has stopped it in order, too. */
async function startUnlessStopped(
  { signal, log }: Context,
  api: Api,
  settings: RegistrarSettings,
): Promise<Registrar | undefined> {
  const { mentors, timing } = settings;
  if (mentors !== undefined) {
    // Protocol decision 4: nobody serves until a cold start is over; an operator must not wonder.
    const patience = 2 * (timing?.maxTimeNoResponseMs ?? api.REGISTRAR_TIMING.maxTimeNoResponseMs);
    const all = mentors.map(formatAddress).join(", ");
    log.notice(
      `asking for the handle table before it serves, ${formatDuration(patience)} if all are ` +
        `starting: ${all}`,
    );
  }
  try {
    return await api.Registrar.start({ ...settings, signal });
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    log.notice("stopping before it serves", { signal: signal.reason });
    return undefined;
  }
}

async function serve(
  context: Context,
  api: Api,
  registrar: Registrar,
  readyFile: ReadyFile,
): Promise<void> {
  try {
    await announce(context, api, registrar, readyFile);
    await Promise.race([registrar.finished, aborted(context.signal)]);
    context.log.notice("stopping", { signal: context.signal.reason });
  } finally {
    await registrar.stop();
  }
  await readyFile.remove();
}

function registrarSettings(context: Context, api: Api, options: Options): RegistrarSettings {
  const { REGISTRAR_TIMING: rfc, FAST_REGISTRAR_TIMING: fast } = api;
  const announcing = announceSettings(context, options);
  const peers = peersOf(options);
  const { advertiseAsap, advertiseEnrp, id } = options;
  return {
    asap: withPort(options.asap, ASAP_PORT),
    enrp: withPort(options.enrp, ENRP_PORT),
    addressCheck: options.addressCheck,
    limits: { maxHandleBytes: options.maxHandleBytes },
    ...timesOf(options, { rfc, fast }),
    onEvent: (event) => narrate(event, context.log, api),
    ...announcing,
    ...compatSettings(options),
    ...(peers.length === 0 ? {} : { mentors: peers }),
    ...(advertiseAsap === undefined ? {} : { advertiseAsap }),
    ...(advertiseEnrp === undefined ? {} : { advertiseEnrp }),
    ...(id === undefined ? {} : { identifier: id }),
  };
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

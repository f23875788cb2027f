/** `registrar`: an ENRP server in the foreground. RFC 5352, RFC 5353. */

import { formatAddress } from "../address.ts";
import type { Api, Registrar, RegistrarSettings } from "../api.ts";
import { type ClientSecurity, PORTS } from "../client_security.ts";
import { type Context, defineCommand } from "../command.ts";
import { closeDebugger } from "../debugger.ts";
import { formatDuration } from "../duration.ts";
import { announceSettings } from "../discovery_options.ts";
import { refuseAlone } from "../lone_option.ts";
import { Narrator } from "../narrate.ts";
import type { SharedValues } from "../options.ts";
import { aborted } from "../pause.ts";
import { ReadyFile } from "../ready_file.ts";
import { inheritedListeners } from "../service/inherited_listeners.ts";
import { THIS_PROCESS } from "../service/this_service.ts";
import { compatSettings } from "./registrar_compat.ts";
import {
  peersOf,
  REGISTRAR_OPTIONS,
  type RegistrarValues,
  timesOf,
  withPort,
} from "./registrar_options.ts";
import { warnOfLoopback } from "./registrar_reach.ts";
import { Reloading } from "./registrar_reload.ts";
import { securedPeers, type SecuredSettings, securedSettings } from "./registrar_security.ts";
import {
  explainListener,
  listenersOf,
  readyAddresses,
  servedWords,
  tellOfSecurity,
} from "./registrar_served.ts";
import { RegistrarShown } from "./registrar_shown.ts";

type Options = RegistrarValues & SharedValues;

/** The command. */
export const command = defineCommand({
  options: REGISTRAR_OPTIONS,
  uses: ["certificate", "multicast", "handle"],
  notes: `
It runs until SIGTERM or SIGINT, which end it in order (exit code 0). At SIGHUP it reads --ca,
--cert, --key, the section security: of --config, and the files of pre-shared keys anew: whoever is
still entitled is not disturbed. It runs on when its terminal is closed.

It is secured if --config names a file with a section security:, which says who may do what. It then
serves over TLS, with --cert or psk-keys in that section, and whatever comes without TLS is refused.

With --peer it has the handle table of one of them before it serves, or serves alone when none can
be reached; it dials them for ever. All registrars may be given the same list. When all are started
at once, they serve after twice --max-time-no-response. When it is stopped, its peers take its
elements over, for at most --handover-timeout; a second signal does not wait.

--timing sets all timers; each that is given besides, wherever it was given, overrides it. Give all
registrars of a network the same, and rserpool register, too.

With --announce it needs no --peer, and its clients no -r but --discover. Whoever is on the network
can announce himself as well: what is heard is dialled, and nothing else of it is believed.

With --compat rsplib, all registrars of the cluster get it, or --arbitration smaller-wins.

With --http it serves /metrics, /healthz, /readyz, /api/v1/registrar, /api/v1/pools, /api/v1/peers,
/api/v1/events and a page, for reading only (docs/http.md).

The ready file: {"identifier":"0x…","pid":N,"asap":["HOST:PORT"],"enrp":["HOST:PORT"]}, and where
they are served asapTls, enrpTls, asapPsk, enrpPsk and http.`,
  examples: [
    ["rserpool registrar", "serve this host only, on the usual ports"],
    ["rserpool registrar --asap 192.0.2.1:3863 --enrp 192.0.2.1:9901", "serve a network"],
    [
      "rserpool registrar --config r.yaml --ca ca.crt --cert r.crt --key r.key --asap-tls 10.0.0.1",
      "serve pool users and elements over TLS, as the section security: of r.yaml allows it",
    ],
    [
      "rserpool registrar --asap 192.0.2.2:3863 --enrp 192.0.2.2:9901 --peer 192.0.2.1",
      "be a second registrar beside that one: they keep one handlespace in step",
    ],
    [
      "rserpool registrar --asap 192.0.2.1:3863 --enrp 192.0.2.1:9901 --compat rsplib=192.0.2.3",
      "be a peer of an rsplib registrar, which a relay between TCP and SCTP stands for",
    ],
    [
      "rserpool registrar --http 127.0.0.1:9102",
      "with metrics, health and a page for this host: curl http://127.0.0.1:9102/readyz",
    ],
    [
      "rserpool registrar --asap 127.0.0.1:0 --enrp 127.0.0.1:0 --ready-file /tmp/registrar.json",
      "any free ports, told in a file",
    ],
  ],
  longRunning: true,
  run,
});

/**
 * All that is read and looked at before anything is started.
 *
 * @throws {UsageError} if something is wrong.
 */
export async function prepare(context: Context, options: Options) {
  const api = await context.api();
  if (options.cspServer.length === 0) {
    refuseAlone(context, { cspInterval: REGISTRAR_OPTIONS.cspInterval }, "--csp-server HOST");
  }
  const narrator = new Narrator(context.log, api);
  const secured = await securedSettings(context, options, api);
  const settings = registrarSettings(context, api, options, secured, narrator);
  return { api, narrator, secured, settings };
}

async function run(context: Context, options: Options): Promise<void> {
  const { api, narrator, secured, settings } = await prepare(context, options);
  const readyFile = new ReadyFile(options.readyFile);
  await readyFile.clear();
  const wanted = listenersOf(settings);
  const inherited = await inheritedListeners(THIS_PROCESS, wanted, api.inheritedSockets);
  const shown = await RegistrarShown.open(context, api, options, secured?.security);
  const reloading = new Reloading(context, options, settings.security, narrator);
  // Neither a terminal that was closed nor an operator who wants a reload ends a registrar.
  const stopReloading = context.world.onSignal("SIGHUP", () => void reloading.reload());
  context.world.onSignal("SIGUSR1", () => void closeDebugger());
  void aborted(context.signal).then(() => killAtSecondSignal(context));
  const onListening: RegistrarSettings["onListening"] = (listening) => {
    shown.begin(listening);
    reloading.begin((security) =>
      shown.reload(security, async () => {
        if (security !== undefined) await listening.reload(security);
      })
    );
  };
  try {
    const registrar = await startUnlessStopped(context, api, {
      ...settings,
      ...(inherited && { inherited }),
      onListening,
    });
    if (registrar !== undefined) {
      warnOfLoopback(options, settings, context.log);
      await serve(context, api, { registrar, settings, shown }, readyFile);
    }
  } finally {
    await shown.close();
    stopReloading();
  }
  context.log.event("notice", "ended", {}, "stopped");
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
    log.event(
      "notice",
      "mentors-asked",
      { mentors: mentors.map(formatAddress) },
      `asking for the handle table before it serves, ${formatDuration(patience)} if all are ` +
        `starting: ${all}`,
    );
  }
  try {
    return await api.Registrar.start({ ...settings, signal });
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw explainListener(error, settings);
    const message = `stopping before it serves signal=${signal.reason}`;
    log.event("notice", "stopping", { signal: signal.reason }, message);
    return undefined;
  }
}

/** A registrar that serves, and what it was told. */
interface Started {
  readonly registrar: Registrar;
  readonly settings: RegistrarSettings;
  readonly shown: RegistrarShown;
}

async function serve(
  context: Context,
  api: Api,
  started: Started,
  readyFile: ReadyFile,
): Promise<void> {
  const { registrar } = started;
  try {
    await announce(context, api, started, readyFile);
    await Promise.race([registrar.finished, aborted(context.signal)]);
    context.log.event("notice", "stopping", { signal: context.signal.reason });
  } finally {
    await registrar.stop();
  }
  await readyFile.remove();
}

function registrarSettings(
  context: Context,
  api: Api,
  options: Options,
  secured: SecuredSettings | undefined,
  narrator: Narrator,
): RegistrarSettings {
  const { REGISTRAR_TIMING: rfc, FAST_REGISTRAR_TIMING: fast } = api;
  const security = announcedSecurity(secured);
  const announcing = announceSettings(context, options, security);
  const peers = secured === undefined ? peersOf(options) : securedPeers(options, secured);
  const { advertiseAsap, advertiseEnrp, id } = options;
  const ports = PORTS[security];
  return {
    asap: withPort(options.asap, PORTS.plain.ASAP),
    enrp: withPort(options.enrp, PORTS.plain.ENRP),
    addressCheck: options.addressCheck,
    limits: { maxHandleBytes: options.maxHandleBytes },
    ...timesOf(options, { rfc, fast }),
    onEvent: (event) => narrator.tell(event),
    ...announcing,
    ...secured,
    ...compatSettings(options),
    ...(peers.length === 0 ? {} : { mentors: peers }),
    ...(advertiseAsap && { advertiseAsap: { port: ports.ASAP, ...advertiseAsap } }),
    ...(advertiseEnrp && { advertiseEnrp: { port: ports.ENRP, ...advertiseEnrp } }),
    ...(id === undefined ? {} : { identifier: id }),
  };
}

/** Announcements and peers tell one address: that of certificates, if there are both. */
function announcedSecurity(secured: SecuredSettings | undefined): ClientSecurity {
  if (secured === undefined) return "plain";
  return secured.security.certificates === undefined ? "psk" : "certificate";
}

async function announce(
  context: Context,
  api: Api,
  { registrar, settings, shown }: Started,
  readyFile: ReadyFile,
): Promise<void> {
  const identifier = api.formatIdentifier(registrar.identifier);
  shown.serves(registrar);
  const where = { ...readyAddresses(registrar), ...shown.ready };
  await readyFile.write({ identifier, pid: Deno.pid, ...where });
  const words = `registrar ${identifier} ${servedWords(registrar, settings)}`;
  context.log.event("notice", "started", { identifier, ...where }, words);
  tellOfSecurity(registrar, settings, context.log);
}

/** Whoever asks twice does not want to wait for the orderly end. */
function killAtSecondSignal({ world }: Context): void {
  world.onSignal("SIGTERM", () => world.exit(128 + 15));
  world.onSignal("SIGINT", () => world.exit(128 + 2));
}

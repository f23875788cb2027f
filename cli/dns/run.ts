/** A name server from its start to its end. */

import { type Address, formatAddress } from "../address.ts";
import { answered } from "../answer.ts";
import type { Api } from "../api.ts";
import type { Context } from "../command.ts";
import { discoverSettings } from "../discovery_options.ts";
import { EXIT, ExitError } from "../exit.ts";
import { reasonOf } from "../failure.ts";
import { CommandShown } from "../http/command_shown.ts";
import { type LastingUser, lastingUser } from "../lasting_user.ts";
import { DNS_EVENT_NAMES, dnsMetrics } from "../metrics/dns_metrics.ts";
import type { SharedValues } from "../options.ts";
import { aborted } from "../pause.ts";
import { ReadyFile } from "../ready_file.ts";
import { asapAddresses } from "../registrars.ts";
import { DnsCounts } from "./counts.ts";
import { DNS_LIMITS } from "./limits.ts";
import type { DnsValues } from "./options.ts";
import { PoolViews } from "./pool_views.ts";
import { Responder, type ResponderParts } from "./responder.ts";
import { dnsReadiness, shownDns } from "./shown_dns.ts";
import { TcpServer } from "./tcp.ts";
import { openUdp } from "./udp.ts";
import { Zone } from "./zone.ts";

type Options = DnsValues & SharedValues;

const SWEEP_MS = 5_000;
/** UDP and TCP must have the same port: another is tried if the other one has it already. */
const PORT_ATTEMPTS = 20;

/** Runs until it is stopped, which is its orderly end. */
export async function runDns(context: Context, options: Options): Promise<void> {
  const { log, signal, world } = context;
  const zoneName = options.zone.join(".");
  const readyFile = new ReadyFile(options.readyFile);
  await readyFile.clear();
  await using lasting = await lastingUser(context, options, {
    registrars: asapAddresses(context, options),
    ...discoverSettings(context, options),
    timing: { staleCacheValueMs: options.stale },
    isService: true,
  });
  await using http = await CommandShown.open(context, options, lasting.secured);
  using views = poolViews(context, options, lasting);
  await using servers = new AsyncDisposableStack();
  const sweeping = setInterval(() => views.sweep(), SWEEP_MS);
  servers.defer(() => clearInterval(sweeping));
  const counts = new DnsCounts(lasting.api, () => world.now());
  const listen: string[] = [];
  for (const address of options.listen) {
    const responder = responderFor(address, options, lasting.api, { views, log, counts });
    listen.push(formatAddress(await listenOn(address, responder, servers)));
  }
  await http.show({
    command: "dns",
    itself: () => ({ zone: zoneName, listen, ...shownDns(views, options.maxPools) }),
    readiness: () => dnsReadiness(views, signal.aborted),
    measures: [dnsMetrics({ traffic: () => lasting.user.traffic(), counts, views })],
    eventNames: DNS_EVENT_NAMES,
  });
  await readyFile.write({ pid: Deno.pid, listen, zone: zoneName, ...http.ready });
  const words = `answers for ${zoneName} on ${listen.join(", ")}`;
  log.event("notice", "started", { zone: zoneName, listen }, words);
  await aborted(signal);
  log.event("notice", "stopping", { signal: signal.reason });
  await readyFile.remove();
}

function poolViews(
  { log, world }: Context,
  options: Options,
  { user, api, secured }: LastingUser,
): PoolViews {
  return new PoolViews({
    user,
    limits: { ...DNS_LIMITS, maxPools: options.maxPools },
    now: () => world.now(),
    random: api.systemRandom(),
    select: (answer) => new api.PoolUserSelection(answer),
    isUnknown: (error) => error instanceof api.UnknownPoolHandle,
    isRefused: (error) => error instanceof api.ResolutionRejected,
    failed: (error) => {
      void answered(Promise.reject(error), "ASAP", secured).catch((known) => {
        log.event("info", "pool-unanswered", {}, `answers SERVFAIL for now: ${reasonOf(known)}`);
      });
    },
  });
}

function responderFor(
  address: Address,
  options: Options,
  api: Api,
  parts: Omit<ResponderParts, "zone">,
): Responder {
  const zone = new Zone({
    zone: options.zone,
    addresses: isNumber(address.host) ? [address.host] : [],
    ttl: options.ttl / 1000,
    codec: api,
  });
  return new Responder({ ...parts, zone });
}

/** Whether a host is an address that others can be told: no name, and not all addresses. */
function isNumber(host: string): boolean {
  if (host === "0.0.0.0" || host === "::") return false;
  return host.includes(":") || /^[0-9.]+$/.test(host);
}

/** Both protocols on one port, which is returned. */
async function listenOn(
  address: Address,
  responder: Responder,
  servers: AsyncDisposableStack,
): Promise<Address> {
  for (let attempt = 1;; attempt++) {
    const tcp = await opened("tcp", address, () => new TcpServer(address, responder));
    // A name may have several addresses: both protocols must have the same one.
    const bound = tcp.address;
    try {
      const udp = await opened("udp", bound, () => openUdp(bound, responder));
      servers.defer(() => tcp.close());
      servers.defer(() => udp.close());
      return bound;
    } catch (error) {
      await tcp.close();
      if (address.port !== 0 || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

async function opened<T>(protocol: string, address: Address, open: () => T): Promise<Awaited<T>> {
  try {
    return await open();
  } catch (error) {
    const where = `${protocol}:${formatAddress(address)}`;
    throw new ExitError(EXIT.world, `cannot listen on ${where}: ${reasonOf(error)}`);
  }
}

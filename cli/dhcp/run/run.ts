/** `dhcp run` from its start to its end. docs/dhcp.md §8. */

import type { Api, BindingElementSettings, SavedBindingAgent } from "../../api.ts";
import type { Context } from "../../command.ts";
import { securedTransport } from "../../client_security.ts";
import { discoverSettings } from "../../discovery_options.ts";
import { EXIT, UsageError } from "../../exit.ts";
import { CommandShown } from "../../http/command_shown.ts";
import { DHCP_EVENT_NAMES, dhcpMetrics } from "../../metrics/dhcp_metrics.ts";
import type { SharedValues } from "../../options.ts";
import { parsePoolArgument } from "../../pool_argument.ts";
import { ReadyFile } from "../../ready_file.ts";
import { asapAddresses, MAX_STAGGER_MS } from "../../registrars.ts";
import { ELEMENT_TIMERS, givenTimers } from "../../timer_options.ts";
import { checkDnsmasq } from "../dnsmasq/check.ts";
import { readConfiguration } from "../dnsmasq/configuration.ts";
import { writeHook } from "../dnsmasq/hook.ts";
import { Spool } from "../dnsmasq/spool.ts";
import { DhcpService } from "./service.ts";
import { bootIdentifier, systemClock } from "./clock.ts";
import { type DhcpPlan, type DhcpRunValues, planDhcp } from "./options.ts";
import { ownAddresses } from "./own_addresses.ts";
import { testProgram } from "./program.ts";
import { dhcpMeasures, dhcpReadiness, shownDhcp } from "./shown.ts";
import { defaultDirectory, StateDirectory } from "./state_directory.ts";

type Options = DhcpRunValues & SharedValues;

/** DHCP's port of servers. RFC 2131 §4.1. */
const DHCP_PORT = 67;

/**
 * Runs to the end. The result is the exit code.
 *
 * @throws {ExitError} if it cannot start, or cannot go on.
 */
export async function runDhcp(
  context: Context,
  options: Options,
  args: readonly string[],
): Promise<number> {
  const { log, signal, world } = context;
  const plan = planDhcp(options, args, context.argumentsBeforeDashes, () => Deno.hostname());
  const api = await context.api();
  const poolHandle = parsePoolArgument(plan.pool, api, options.maxHandleBytes);
  const range = rangeOf(plan, (first, last) => new api.BindingRange(first, last));
  const found = await readConfiguration(plan.arguments);
  const check = checkDnsmasq(found, plan);
  for (const refusal of check.refusals) log.event("error", "dhcp-refused", {}, refusal);
  if (check.refusals.length > 0) return EXIT.usage;
  await testProgram(plan.command, plan.arguments);
  for (const warning of check.warnings) log.event("warning", "dhcp-warning", {}, warning);
  const readyFile = new ReadyFile(options.readyFile);
  const secured = await securedTransport(context, options);
  const path = options.state ?? defaultDirectory(poolHandle, (name) => world.env(name));
  using directory = await StateDirectory.open(path);
  const identity = await directory.identity(poolHandle);
  // It is written anew at each start of dnsmasq: a path that it does not take is told at once.
  await writeHook(directory.path, identity.placeholder);
  await readyFile.clear();
  if (signal.aborted) return EXIT.ok;
  const { transport } = secured;
  await using http = await CommandShown.open(context, options, secured);
  const who = { poolHandle, identifier: identity.identifier, transport };
  const service = new DhcpService({
    ...{ context, api, secured, readyFile, ready: http.ready },
    ...await remembered(context, directory),
    placeholder: identity.placeholder,
    agent: {
      ...serverOf(plan),
      self: identity.identifier,
      lease: check.leaseSeconds,
      authoritative: check.isAuthoritative,
      unavailable: ownAddresses(range),
    },
    dnsmasq: {
      directory: directory.path,
      command: [plan.command, ...plan.arguments],
      found,
      leaseMax: check.leaseMax,
      dbus: options.dbus,
    },
    ...clientsOf(context, options, who),
    syncTimeoutMs: options.syncTimeout,
  });
  await showService(http, service, who, api);
  try {
    return await service.run();
  } finally {
    await readyFile.remove();
  }
}

async function showService(
  http: CommandShown,
  service: DhcpService,
  { poolHandle, identifier: self }: { poolHandle: string; identifier: number },
  api: Api,
): Promise<void> {
  await http.show({
    command: "dhcp",
    itself: () => shownDhcp(service.state, { poolHandle, self }, api),
    readiness: () => dhcpReadiness(service.state),
    measures: [dhcpMetrics(() => dhcpMeasures(service.state), () => service.traffic())],
    eventNames: DHCP_EVENT_NAMES,
  });
}

/** What is on the disk, and how it gets there. */
async function remembered({ log }: Context, directory: StateDirectory) {
  const clock = systemClock();
  const boot = bootIdentifier();
  const moment = () => ({ wall: clock.wall(), now: clock.now(), boot });
  const saved = await directory.load(moment());
  const warn = (message: string) => log.event("warning", "dhcp-warning", {}, message);
  const spool = await Spool.open(directory.path, warn);
  const save = (agent: SavedBindingAgent) => directory.save(agent, moment());
  return { clock, saved, spool, save };
}

function serverOf({ name, first, last, share, shares }: DhcpPlan) {
  return { name, first, last, share, shares };
}

/** What both connections with registrars are made of: one registers, one shares bindings. */
function clientsOf(
  context: Context,
  options: Options,
  who: Pick<BindingElementSettings, "poolHandle" | "identifier" | "transport">,
) {
  const { transport, ...named } = who;
  const common = {
    ...named,
    ...(transport && { transport }),
    registrars: asapAddresses(context, options),
    ...discoverSettings(context, options),
    order: "given" as const,
    staggerMs: MAX_STAGGER_MS,
    limits: { maxHandleBytes: options.maxHandleBytes },
    timingProfile: options.timing,
  };
  const { address, asap, noAsap, policy, lifetime } = options;
  const timing = givenTimers(ELEMENT_TIMERS, options);
  const element = {
    ...common,
    port: DHCP_PORT,
    protocol: "udp" as const,
    addresses: address,
    policy,
    registrationLife: lifetime,
    timing,
    ...(noAsap ? { asap: false as const } : asap === undefined ? {} : { asap }),
  };
  const { t5ServerHuntMs, retranMaxMs } = timing;
  const hunt = {
    ...(t5ServerHuntMs !== undefined && { t5ServerHuntMs }),
    ...(retranMaxMs !== undefined && { retranMaxMs }),
  };
  return { element, bindings: { ...common, timing: hunt } };
}

function rangeOf<T>({ first, last }: DhcpPlan, make: (first: string, last: string) => T): T {
  try {
    return make(first, last);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`--range: ${error.message.replace(/^Cannot take range /, "")}`);
  }
}

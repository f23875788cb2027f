/**
 * `register POOL [-- COMMAND ARG...]`: a service becomes a pool element while it lives. RFC 5352
 * §3.1.
 */

import type { Api, Policy, PoolElementSettings } from "../api.ts";
import { type Secured, securedTransport } from "../client_security.ts";
import { type Context, defineCommand } from "../command.ts";
import { tellRestarts } from "../configuration/changes.ts";
import { discoverSettings } from "../discovery_options.ts";
import { UsageError } from "../exit.ts";
import { reasonOf } from "../failure.ts";
import { CommandShown } from "../http/command_shown.ts";
import type { LoadSource } from "../load/load_option.ts";
import { LoadWatch } from "../load/load_watch.ts";
import { REGISTER_EVENT_NAMES } from "../metrics/register_metrics.ts";
import type { SharedValues } from "../options.ts";
import { isAdaptive } from "../policy_option.ts";
import { parsePoolArgument } from "../pool_argument.ts";
import { ReadyFile } from "../ready_file.ts";
import { asapAddresses, MAX_STAGGER_MS } from "../registrars.ts";
import { type RunParts, runSupervised } from "../supervisor/runner.ts";
import { ELEMENT_TIMERS, givenTimers } from "../timer_options.ts";
import { RegisteredElement } from "./register_element.ts";
import {
  planRegistration,
  refuseUnused,
  REGISTER_OPTIONS,
  type RegisterPlan,
  type RegisterValues,
} from "./register_options.ts";
import { RegistrationShown } from "./register_shown.ts";
import { RegisteredAddress } from "./register_target.ts";

type Options = RegisterValues & SharedValues;

const NOTES = `
COMMAND is started at once, in a process group of its own, and registered once its check passes. Its
standard streams are those of rserpool; SIGHUP, SIGUSR1, SIGUSR2 and SIGWINCH are forwarded to it.
SIGTERM or SIGINT de-registers it, waits --drain, sends its group SIGTERM, after --stop-timeout
SIGKILL, and ends with its exit code; a second signal skips the drain. When COMMAND ends by itself,
it is de-registered, too. It is not restarted: that is for systemd and its like. The exit code is
126 for a COMMAND that cannot be executed and 127 for one that is not found.

Without COMMAND the service runs elsewhere, and the element lives as long as this process. So it
goes on when the service dies, unless --check looks at it. A signal de-registers it and waits
--drain: once this process has ended, the service can be stopped, too.

CHECK is one of
  tcp            a connection to the registered address and port is accepted
  http:PATH      a GET of PATH there is answered with a status of 200 to 399
  exec:COMMAND   sh -c COMMAND ends with exit code 0
  none           nothing is looked at
Until it passes for the first time it is tried more often than every --check-interval.

Policies, with examples of their keys:
  round-robin                   random
  weighted-round-robin:weight=10
  weighted-random:weight=10
  priority:priority=5
  least-used:load=0.25          randomized-least-used:load=0.25
  least-used-degradation:load=0.25,degradation=0.1
  priority-least-used:load=0.25,degradation=0.1
Load and degradation are 0 to 1, or a raw 32-bit value as 0x….

--timing sets all timers; each that is given besides overrides it. Registrars of --timing fast want
elements of --timing fast.

Over TLS it proves who it is by --cert and --key, or by --psk-file; at SIGHUP it reads them anew,
and goes on without COMMAND, too.

With --http it serves /metrics, /healthz, /readyz (registered, or why not), /api/v1/register and
/api/v1/events, for reading only (docs/http.md).

The ready file: {"poolHandle":"web","identifier":"0x…","home":"0x…","pid":N,"childPid":N}, and http

There is no command to de-register: only the pool element itself may do that (RFC 5352 §2.2.2).
Stop its rserpool register, by Ctrl-C or SIGTERM.`;

/** The command. */
export const command = defineCommand({
  arguments: [
    ["<POOL>", "the pool handle"],
    ["[COMMAND...]", "behind --: a command that runs the service, and its arguments"],
  ],
  options: REGISTER_OPTIONS,
  uses: ["registrar", "security", "certificate", "multicast", "handle"],
  notes: NOTES,
  examples: [
    [
      "rserpool register web --port 8081 --check http:/ -- python3 -m http.server 8081",
      "start a web server and register it while it answers",
    ],
    [
      "rserpool register web --port 8081 --check http:/health",
      "register a web server that runs already",
    ],
    [
      "rserpool register db --port 5432 --check 'exec:pg_isready -q'",
      "check it by a command",
    ],
    [
      "rserpool register work --port 9000 --policy least-used --load file:/run/work.load",
      "send new work to the element with the least load",
    ],
  ],
  longRunning: true,
  run,
});

async function run(context: Context, options: Options, args: readonly string[]): Promise<number> {
  const plan = planRegistration(options, args, context.argumentsBeforeDashes);
  refuseUnused(context, plan);
  if (plan.load !== undefined) requireLoadFile(plan.load, plan.command.length > 0);
  const api = await context.api();
  const readyFile = new ReadyFile(options.readyFile);
  const secured = await securedTransport(context, options);
  const { transport } = secured;
  const settings = {
    ...settingsOf(context, api, options, plan),
    ...(transport && { transport }),
  };
  await readyFile.clear();
  if (context.signal.aborted) return 0;
  if (options.check === undefined && plan.check.type === "none") {
    const what = plan.command.length > 0 ? "COMMAND" : "this process";
    const message = `only the life of ${what} is watched; --check can look at the service`;
    context.log.event("warning", "check-missing", {}, message);
  }
  await using http = await CommandShown.open(context, options, secured);
  const shown = new RegistrationShown(api, settings, plan.check);
  await http.show({
    command: "register",
    itself: () => shown.itself(),
    readiness: () => shown.readiness(),
    measures: [shown.metrics()],
    eventNames: REGISTER_EVENT_NAMES,
  });
  try {
    const registration = { api, plan, settings, secured, readyFile, shown, http };
    return await supervise(context, options, registration);
  } finally {
    await readyFile.remove();
  }
}

/** With COMMAND, it may be that which writes the file, later. */
function requireLoadFile(load: LoadSource, hasCommand: boolean): void {
  if (load.type !== "file" || hasCommand) return;
  try {
    Deno.statSync(load.path);
  } catch (error) {
    throw new UsageError(`--load: cannot read ${load.path}: ${reasonOf(error)}`);
  }
}

function settingsOf(
  context: Context,
  api: Api,
  options: Options,
  plan: RegisterPlan,
): PoolElementSettings {
  const { address, protocol, use, policy, lifetime, id, asap, noAsap } = options;
  return {
    registrars: asapAddresses(context, options),
    ...discoverSettings(context, options),
    order: "given",
    staggerMs: MAX_STAGGER_MS,
    poolHandle: parsePoolArgument(plan.pool, api, options.maxHandleBytes),
    port: plan.port,
    addresses: address,
    protocol,
    use: use === "data" ? api.USE_DATA_ONLY : api.USE_DATA_PLUS_CONTROL,
    policy,
    registrationLife: lifetime,
    limits: { maxHandleBytes: options.maxHandleBytes },
    timingProfile: options.timing,
    timing: givenTimers(ELEMENT_TIMERS, options),
    ...(id === undefined ? {} : { identifier: id }),
    ...(noAsap ? { asap: false as const } : asap === undefined ? {} : { asap }),
  };
}

interface Registration {
  readonly api: Api;
  readonly plan: RegisterPlan;
  readonly settings: PoolElementSettings;
  readonly secured: Secured;
  readonly readyFile: ReadyFile;
  readonly shown: RegistrationShown;
  readonly http: CommandShown;
}

type Patience = Pick<RunParts, "settings" | "checks">;

async function supervise(
  context: Context,
  options: Options,
  { api, plan, settings, secured, readyFile, shown, http }: Registration,
): Promise<number> {
  const { log } = context;
  const address = new RegisteredAddress(
    options.address[0],
    settings.registrars,
    secured.transport,
  );
  const over = new AbortController();
  let element: RegisteredElement;
  let loads: LoadWatch | undefined;
  const parts: RunParts = {
    command: plan.command,
    ...patienceOf(options, plan),
    target: async () => ({ address: await address.find(), port: plan.port }),
    childStarted: (pid) => shown.childStarted(pid),
    looked: (outcome) => {
      shown.hasLooked(outcome);
      if (outcome.passed) return;
      log.event("info", "check-failed", {}, `check failed: ${outcome.reason}`);
    },
    onSignal: (name, handler) => context.world.onSignal(name, handler),
    element(tell) {
      const onAddress = (known: string | undefined) => address.learn(known);
      element = new RegisteredElement({ api, log, settings, secured, onAddress }, tell);
      shown.made(element);
      loads = watchLoad(context, options, plan, element, over.signal);
      return element;
    },
    beforeChecks: async () => await loads?.first,
    isHangUpIgnored: context.world.isHangUpIgnored(),
    reload: secured.reload === undefined && options.config === undefined
      ? undefined
      : () => reload(context, secured.reload),
    async ready(childPid, abort) {
      const home = await element.findHome(abort);
      if (home === undefined) return;
      await readyFile.write({
        poolHandle: settings.poolHandle,
        identifier: api.formatIdentifier(element.identifier),
        home: api.formatIdentifier(home),
        pid: Deno.pid,
        childPid,
        ...http.ready,
      });
    },
    log: ({ level, event, fields, message }) => log.event(level, event, fields, message),
  };
  const code = await runSupervised(parts);
  over.abort();
  await loads?.ended;
  return code;
}

/** SIGHUP: certificates and keys are taken anew, and what needs a restart is told. */
async function reload(
  context: Context,
  reloadSecurity: (() => Promise<void>) | undefined,
): Promise<void> {
  await reloadSecurity?.();
  if (context.configuration !== undefined) await tellRestarts(context);
}

/** How long the supervisor waits, and how often it looks. */
function patienceOf(options: Options, { check }: RegisterPlan): Patience {
  return {
    settings: {
      drainMs: options.drain,
      stopTimeoutMs: options.stopTimeout,
      random: Math.random,
      ...(options.maxWait === undefined ? {} : { maxWaitMs: options.maxWait }),
    },
    checks: {
      check,
      intervalMs: options.checkInterval,
      timeoutMs: options.checkTimeout,
      rise: options.checkRise,
      fall: options.checkFall,
    },
  };
}

/** Keeps the load of an adaptive policy current. */
function watchLoad(
  { log }: Context,
  { policy, loadInterval }: Options,
  { load }: RegisterPlan,
  element: RegisteredElement,
  abort: AbortSignal,
): LoadWatch | undefined {
  if (load === undefined || !isAdaptive(policy)) return undefined;
  return new LoadWatch(load, loadInterval, {
    changed: (load) => element.update({ ...policy, load } as Policy),
    bad: (reason) => {
      const message = `--load: ${reason}; the last load is kept`;
      log.event("warning", "load-unreadable", {}, message);
    },
  }, abort);
}

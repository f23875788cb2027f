/** The options of `register`, and what they mean together. */

import { PRINT_CONFIG } from "../configuration/print_option.ts";
import { bracketed, parseIp, parsePort, parseWrittenAddress } from "../address.ts";
import { type Check, parseCheck } from "../checks/check_option.ts";
import type { Context } from "../command.ts";
import { formatDuration, parseDuration, parsePositiveDuration } from "../duration.ts";
import { UsageError } from "../exit.ts";
import { HTTP_OPTIONS } from "../http/options.ts";
import { parseIdentifier } from "../identifier.ts";
import { type LoadSource, parseLoadSource } from "../load/load_option.ts";
import { refuseAlone } from "../lone_option.ts";
import { choice, flag, list, parseInteger, value, valueOr, type ValuesOf } from "../option.ts";
import { isAdaptive, parsePolicy } from "../policy_option.ts";
import { ELEMENT_TIMERS, timingOption } from "../timer_options.ts";

/** The shortest life: a re-registration comes 20 s before its end (RFC 5352 §7.1). */
const SHORTEST_LIFE_S = 30;
const LONGEST_LIFE_S = 0x7fffffff;
const INFINITE_LIFE_S = -1;
const DEFAULT_LIFE_S = 300;
/** Only SCTP's transport parameter carries more than one address (RFC 5354 §3.4). */
const MANY_ADDRESSES = "sctp";

const duration = (flags: string, description: string, fallbackMs: number) =>
  valueOr(flags, description, parsePositiveDuration, fallbackMs, {
    fallbackText: formatDuration(fallbackMs),
  });

/** The options of `register`. */
export const REGISTER_OPTIONS = {
  port: value("--port <N>", "port of the service; needed", (text) => parsePort(text)),
  address: list(
    "--address <IP>",
    "address of the service; repeatable with sctp",
    parseServiceAddress,
    [],
    { fallbackText: "that of the connection to the registrar" },
  ),
  protocol: choice("--protocol <NAME>", "transport protocol of the service", [
    "tcp",
    "udp",
    "sctp",
    "udp-lite",
    "dccp",
  ], "tcp"),
  use: choice("--use <USE>", "transport use", ["data", "data+control"], "data"),
  policy: valueOr(
    "--policy <NAME[:KEY=VALUE,...]>",
    "policy by which elements of the pool are chosen",
    parsePolicy,
    parsePolicy("round-robin"),
    { fallbackText: "round-robin" },
  ),
  lifetime: valueOr(
    "--lifetime <DURATION>",
    "registration life in whole seconds, or infinite",
    parseLifetime,
    DEFAULT_LIFE_S,
    { fallbackText: formatDuration(DEFAULT_LIFE_S * 1000) },
  ),
  id: value("--id <ID>", "identifier of the pool element", parseIdentifier, {
    fallbackText: "random",
  }),
  asap: value("--asap <IP:PORT>", "its ASAP endpoint, which registrars dial", parseEndpoint, {
    fallbackText: "the address of the connection to the registrar, any port",
  }),
  noAsap: flag("--no-asap", "no ASAP endpoint"),
  check: value("--check <CHECK>", "tcp, http:PATH, exec:COMMAND or none", parseCheck, {
    fallbackText: "tcp with COMMAND, else none",
  }),
  checkInterval: duration("--check-interval <DURATION>", "time from check to check", 5_000),
  checkTimeout: duration("--check-timeout <DURATION>", "how long a check may take", 2_000),
  checkRise: valueOr("--check-rise <N>", "passed checks that register", parseInteger(1, 1000), 1, {
    fallbackText: "1",
  }),
  checkFall: valueOr(
    "--check-fall <N>",
    "failed checks that de-register",
    parseInteger(1, 1000),
    3,
    {
      fallbackText: "3",
    },
  ),
  load: value(
    "--load <SOURCE>",
    "exec:COMMAND or file:PATH, which tells the load for an adaptive policy",
    parseLoadSource,
  ),
  loadInterval: duration("--load-interval <DURATION>", "time from load to load", 10_000),
  drain: valueOr(
    "--drain <DURATION>",
    "time between de-registration and SIGTERM to the command, or the end without one",
    parseDuration,
    5_000,
    { fallbackText: "5s" },
  ),
  stopTimeout: duration("--stop-timeout <DURATION>", "time between SIGTERM and SIGKILL", 10_000),
  maxWait: value(
    "--max-wait <DURATION>",
    "give up if no registrar granted it by then",
    parsePositiveDuration,
    { fallbackText: "none" },
  ),
  readyFile: value(
    "--ready-file <FILE>",
    "write a JSON object there once it is registered",
    (text) => text,
  ),
  ...PRINT_CONFIG,
  ...HTTP_OPTIONS,
  timing: timingOption,
  ...ELEMENT_TIMERS,
};

/** The values of {@linkcode REGISTER_OPTIONS}. */
export type RegisterValues = ValuesOf<typeof REGISTER_OPTIONS>;

/** What a command line asks for, once its parts fit together. */
export interface RegisterPlan {
  readonly pool: string;
  /** COMMAND and its arguments, or nothing. */
  readonly command: readonly string[];
  readonly port: number;
  readonly check: Check;
  readonly load: LoadSource | undefined;
}

/**
 * What the options and arguments mean together.
 *
 * @param before How many arguments stood before `--`, if it was there.
 * @throws {UsageError} if they do not fit together.
 */
export function planRegistration(
  options: RegisterValues,
  args: readonly string[],
  before: number | undefined,
): RegisterPlan {
  const [pool, ...command] = args as [string, ...string[]];
  if (before === 0) throw new UsageError("the pool handle must stand before --");
  if (before !== 1 && command.length > 0) {
    throw new UsageError(`unexpected argument "${command[0]}"; a COMMAND stands behind --`);
  }
  if (before === 1 && command.length === 0) throw new UsageError("COMMAND is missing behind --");
  if (options.port === undefined) throw new UsageError("--port is missing: the service's port");
  const { address, protocol, load, policy, noAsap, asap } = options;
  if (address.length > 1 && protocol !== MANY_ADDRESSES) {
    throw new UsageError(`${protocol} has one address only; --address stands there more than once`);
  }
  if (new Set(address).size < address.length) throw new UsageError("--address: one is there twice");
  if (noAsap && asap !== undefined) throw new UsageError("--asap and --no-asap exclude each other");
  if (load !== undefined && !isAdaptive(policy)) {
    throw new UsageError(`--load: policy ${policy.name} has no load; least-used, for example, has`);
  }
  const check = checkOf(options, command.length > 0);
  return { pool, command, port: options.port, check, load };
}

/**
 * Nobody shall believe that a service is checked, or its load told, which is not.
 *
 * @throws {UsageError} if an option says how, and none that it shall.
 */
export function refuseUnused(context: Pick<Context, "sourceOf">, plan: RegisterPlan): void {
  const { checkInterval, checkTimeout, checkRise, checkFall, loadInterval } = REGISTER_OPTIONS;
  if (plan.check.type === "none") {
    const needed = "a --check: tcp, http:PATH or exec:COMMAND";
    refuseAlone(context, { checkInterval, checkTimeout, checkRise, checkFall }, needed);
  }
  if (plan.load === undefined) refuseAlone(context, { loadInterval }, "--load SOURCE");
}

function checkOf({ check, protocol }: RegisterValues, hasCommand: boolean): Check {
  if (check === undefined) return { type: hasCommand && protocol === "tcp" ? "tcp" : "none" };
  if (protocol === "tcp" || check.type === "exec" || check.type === "none") return check;
  throw new UsageError(
    `--check ${check.type} connects over TCP, and the service speaks ${protocol}; ` +
      `use exec:COMMAND or none`,
  );
}

function parseServiceAddress(text: string): string {
  const address = parseIp(text);
  if (address.includes("%")) {
    throw new SyntaxError(`"${text}" has a zone, which others do not know`);
  }
  const isUsable = !/^(0\.0\.0\.0|::|22[4-9]\..*|23[0-9]\..*|255\.255\.255\.255|ff.*)$/.test(
    address,
  );
  if (isUsable) return address;
  throw new SyntaxError(`"${text}" is not an address at which one service can be reached`);
}

function parseEndpoint(text: string): { host: string; port: number } {
  const { host, port = 0 } = parseWrittenAddress(text, { zeroPort: true });
  try {
    return { host: parseServiceAddress(host), port };
  } catch {
    const written = `${bracketed(host)}:${port}`;
    throw new SyntaxError(`"${written}" has no IP address at which registrars can dial it`);
  }
}

/** Seconds, or -1 for an infinite life. */
function parseLifetime(text: string): number {
  if (text === "infinite") return INFINITE_LIFE_S;
  const seconds = parseDuration(text) / 1000;
  if (!Number.isInteger(seconds)) {
    throw new RangeError(`"${text}" is not a whole number of seconds`);
  }
  if (seconds >= SHORTEST_LIFE_S && seconds <= LONGEST_LIFE_S) return seconds;
  throw new RangeError(`"${text}" is too short; it must be ${SHORTEST_LIFE_S}s or more`);
}

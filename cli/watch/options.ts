/** The options of `watch`, and its limits: each has a name, a number and a test. */

import { formatDuration, parseDuration, parsePositiveDuration } from "../duration.ts";
import { flag, value, valueOr, type ValuesOf } from "../option.ts";
import { USER_TIMERS } from "../timer_options.ts";

/** What holds when nothing else is said. */
export const WATCH_LIMITS = {
  /** Pools at once: as many as a registrar lets one association subscribe to (RFC 5352 §2.2.5). */
  maxPools: 1_000,
  /** The mean time between two looks at the handle table, with `--all`. */
  poolsIntervalMs: 5_000,
  /** How long a command waits for further changes after the first one. */
  debounceMs: 100,
  /** How long a command may run. */
  execTimeoutMs: 30_000,
  /** The pause after a first failure; each further one doubles it. */
  firstRetryMs: 1_000,
  /** The longest pause between two failures. */
  maxRetryMs: 60_000,
  /** How long a stop waits for a running command before SIGTERM. */
  stopMs: 5_000,
  /** From SIGTERM to SIGKILL. */
  killMs: 5_000,
  /** How long a stop waits for the end of a command that was killed. */
  killedMs: 2_000,
} as const;

const EXEC_GROUP = "With --exec:";

/** The options. */
export const WATCH_OPTIONS = {
  all: flag("--all", "every pool of the handlespace, instead of POOL..."),
  once: flag("--once", "print the present answer, or run the command once, and end"),
  exec: value(
    "--exec <COMMAND>",
    "run it by sh -c now and at every change, with the answer as JSON on its standard input",
    parseCommand,
  ),
  poolsInterval: valueOr(
    "--pools-interval <DURATION>",
    "with --all: time between two looks for new pools, varied by half",
    parsePositiveDuration,
    WATCH_LIMITS.poolsIntervalMs,
    { fallbackText: formatDuration(WATCH_LIMITS.poolsIntervalMs) },
  ),
  readyFile: value(
    "--ready-file <FILE>",
    "write the pid there as JSON, after the first answer and the first success of the command",
    (text) => text,
  ),
  debounce: valueOr(
    "--debounce <DURATION>",
    "how long further changes are waited for, so that a burst is one run",
    parseDuration,
    WATCH_LIMITS.debounceMs,
    { fallbackText: formatDuration(WATCH_LIMITS.debounceMs), group: EXEC_GROUP },
  ),
  execTimeout: valueOr(
    "--exec-timeout <DURATION>",
    "how long the command may run: then SIGTERM to its process group, and SIGKILL",
    parsePositiveDuration,
    WATCH_LIMITS.execTimeoutMs,
    { fallbackText: formatDuration(WATCH_LIMITS.execTimeoutMs), group: EXEC_GROUP },
  ),
  ...USER_TIMERS,
};

/** Their values. */
export type WatchValues = ValuesOf<typeof WATCH_OPTIONS>;

function parseCommand(text: string): string {
  if (text.trim() === "") throw new SyntaxError("there is no command");
  if (text.includes("\0")) throw new SyntaxError("a command cannot hold the character NUL");
  return text;
}

/** `watch POOL... | --all`: pools as they change. RFC 5352 §2.2.5. */

import { type Context, defineCommand } from "../command.ts";
import { UsageError } from "../exit.ts";
import { refuseAlone } from "../lone_option.ts";
import type { ValuesOf } from "../option.ts";
import type { SharedValues } from "../options.ts";
import { WATCH_LIMITS, WATCH_OPTIONS } from "../watch/options.ts";

type Options = ValuesOf<typeof WATCH_OPTIONS> & SharedValues;

/** The command. */
export const command = defineCommand({
  arguments: [["[POOL...]", "the pool handles"]],
  options: WATCH_OPTIONS,
  uses: ["registrar", "question", "security", "certificate", "multicast", "handle", "output"],
  notes: `
It prints a line for each pool with its size, then one for each pool element that came, went or
changed. With -o json, ndjson, yaml and csv it prints whole answers, as resolve --watch does: now,
at every change and after each change of the registrar. An unknown pool has no pool elements and is
waited for: with --once it is printed empty, and the exit code is 0 (resolve has 3).

--all asks a registrar every few seconds (--pools-interval) on its ENRP port which pools there are,
and watches each of them, up to ${WATCH_LIMITS.maxPools}. A pool that vanishes is told empty once.

The command of --exec has on its standard input, on one line, what resolve -o json prints; of
several pools and of --all {"pools":[...]} with all of them, of --all without empty ones. Nothing of
it is ever put into the command line. One command runs at a time, --debounce after a change with
what is true by then; a change while it runs leads to another run. One that fails is logged, and run
again after 1s, 2s, 4s, up to 1m, until it succeeds or there is something newer. It may leave its
input unread. Its output goes where that of rserpool goes; rserpool itself prints nothing then,
unless -o is given. With --once it runs once, and the exit code is 1 if it fails.

--timeout is for the first answer; registrars that are away later are tried every few seconds
(--retran-max, here 5s). SIGTERM and SIGINT end it (exit code 0): a running command has 5s to end,
then gets SIGTERM and 5s later SIGKILL; a second signal kills it at once.

The ready file: {"pid":N}, written after the first answer of every pool, and with --exec after the
first success of the command.`,
  examples: [
    ["rserpool watch web db", "a line for each change in these pools"],
    ["rserpool watch --all", "the same for every pool, those to come too"],
    ["rserpool watch web --once -o json", "what is in the pool now, also if that is nothing"],
    [
      `rserpool watch web --exec 'jq -r ".poolElements[].identifier" >list.new; mv list.new list'`,
      "keep a file up to date",
    ],
    [
      "rserpool watch web --exec 'nginx-upstream.sh web /etc/nginx/conf.d/web.conf'",
      "keep nginx up to date, with docs/recipes/nginx-upstream.sh",
    ],
  ],
  longRunning: (options) => !options.once || options.exec !== undefined,
  run,
});

async function run(context: Context, options: Options, args: readonly string[]): Promise<void> {
  requireSense(context, options, args);
  const { runWatch } = await import("../watch/run.ts");
  await runWatch(context, options, args);
}

function requireSense(context: Context, options: Options, pools: readonly string[]): void {
  const { all, once, exec, readyFile } = options;
  if (all && pools.length > 0) throw new UsageError("POOL and --all exclude each other");
  if (!all && pools.length === 0) {
    throw new UsageError("POOL is missing; name at least one pool, or all of them with --all");
  }
  if (pools.length > WATCH_LIMITS.maxPools) {
    throw new UsageError(`${pools.length} pools: at most ${WATCH_LIMITS.maxPools} can be watched`);
  }
  if (once && readyFile !== undefined) {
    throw new UsageError("--once and --ready-file exclude each other: --once does not go on");
  }
  const { poolsInterval, debounce, execTimeout } = WATCH_OPTIONS;
  if (!all) refuseAlone(context, { poolsInterval }, "--all");
  if (exec === undefined) refuseAlone(context, { debounce, execTimeout }, "--exec COMMAND");
}

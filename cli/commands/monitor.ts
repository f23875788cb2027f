/** `monitor`: registrars, pools and pool elements as they change, on a screen like `top`. */

import { type Context, defineCommand } from "../command.ts";
import { UsageError } from "../exit.ts";
import { MONITOR_OPTIONS, type MonitorValues } from "../monitor/options.ts";
import type { SharedValues } from "../options.ts";

/** The command. */
export const command = defineCommand({
  options: MONITOR_OPTIONS,
  uses: ["registrar", "question", "security", "certificate", "multicast", "output"],
  notes: `
On a terminal it takes the whole screen: pools, pool elements, registrars and events. Each registrar
that is named is asked on its ENRP port, as peers and dump ask; nothing has to be switched on there.
What one registrar knows and another does not is marked. A registrar that is away is shown so, and
comes back by itself.

Keys: 1 2 3 4 and Tab choose what is shown; arrows, PgUp, PgDn, Home and End move; Enter on a pool
shows its elements; / filters; s, < and > sort, r reverses; p or the space bar holds the display;
Ctrl-L draws anew; Esc goes back, and from the outermost ends it, as q and Ctrl-C do.

With --http it also follows the events of a registrar, and shows its rates and for how long it is
up. Without, the events are what has changed between two questions (--interval).

Where standard input or output is no terminal, or with -o json, it prints: with json and ndjson a
whole answer on a line, now and at every change; as a table the whole answer, then a line for each
change. --once prints the answer and ends; if no registrar answers, with exit code 4. Of --http it
then has what the registrar shows of itself, but no events and no rates.

With --csp it hears components of rsplib, and registrars with --csp-server, that report their
status by UDP. Nobody proves there who he is. Alone it asks no registrar.

The ready file: {"pid":N}, written once each registrar has answered or failed to.`,
  examples: [
    ["rserpool monitor", "the registrar on this host"],
    ["rserpool monitor -r 192.0.2.1 -r 192.0.2.2", "two registrars, and where they differ"],
    ["rserpool monitor --http 127.0.0.1:9102", "with the events of a registrar with --http"],
    ["rserpool monitor --once -o json", "what there is now, for a program"],
    ["rserpool monitor --csp 0.0.0.0:2960", "components of rsplib, as its cspmonitor"],
  ],
  longRunning: ({ once }) => !once,
  run,
});

async function run(context: Context, options: MonitorValues & SharedValues): Promise<void> {
  const { once, csp, readyFile } = options;
  if (once && csp !== undefined) {
    throw new UsageError("--csp and --once exclude each other: components report by themselves");
  }
  if (once && readyFile !== undefined) {
    throw new UsageError("--once and --ready-file exclude each other: --once does not go on");
  }
  const { runMonitor } = await import("../monitor/run.ts");
  await runMonitor(context, options);
}

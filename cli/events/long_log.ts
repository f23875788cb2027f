/** What the log of a long-running command has besides: a bound, and the words of the journal. */

import type { LogSettings } from "../log.ts";
import type { World } from "../world.ts";
import { isOfStrangers } from "./catalogue.ts";
import { RateBound } from "./event_bound.ts";

/** Says so for the process in which it is called. */
export function longLog(world: Pick<World, "env" | "now">): Pick<LogSettings, "bound" | "journal"> {
  return {
    bound: new RateBound(() => world.now(), isOfStrangers),
    journal: isJournal(world.env("JOURNAL_STREAM"), () => Deno.statSync("/proc/self/fd/2")),
  };
}

/**
 * Whether standard error leads to the journal: systemd says by JOURNAL_STREAM which one does, and
 * a process may have been given another since (systemd.exec(5)).
 */
export function isJournal(
  named: string | undefined,
  stat: () => Pick<Deno.FileInfo, "dev" | "ino">,
): boolean {
  if (named === undefined || named === "") return false;
  try {
    const { dev, ino } = stat();
    return ino !== null && named === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

/** Options that say how something is done which nobody has asked for. */

import type { Context } from "./command.ts";
import { UsageError } from "./exit.ts";
import { longName, type OptionTable } from "./option.ts";

/**
 * Refuses what stands on the command line without the option that would give it a meaning: whoever
 * wrote it believes that it does something. The environment and the file may say how, for whoever
 * shall.
 *
 * @throws {UsageError} that names both.
 */
export function refuseAlone(
  { sourceOf }: Pick<Context, "sourceOf">,
  options: OptionTable,
  needed: string,
): void {
  for (const [key, option] of Object.entries(options)) {
    if (sourceOf(key) !== "option") continue;
    throw new UsageError(`--${longName(option)} needs ${needed}`);
  }
}

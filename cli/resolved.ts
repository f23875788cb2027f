/** The values of a command's options, from all places that can say them. */

import type { Command } from "./command.ts";
import type { Configuration } from "./config.ts";
import { GENERAL_OPTIONS, SHARED_OPTIONS, type SharedValues, usesShared } from "./options.ts";
import { type Origin, type Resolved, resolveValues, type Sources } from "./values.ts";
import type { World } from "./world.ts";

/** The places besides the defaults. */
export interface Places extends Pick<Sources, "given" | "env"> {
  readonly configuration: Configuration | undefined;
}

/** All values of a command, its own and the shared ones. */
export interface ResolvedCommand {
  readonly options: SharedValues;
  readonly values: Readonly<Record<string, unknown>>;
  readonly origins: Readonly<Record<string, Origin>>;
}

/**
 * Resolves all options of a command of that name.
 *
 * @throws {UsageError} if a place that counts has a wrong value.
 */
export function resolveCommand(name: string, command: Command, places: Places): ResolvedCommand {
  const { given, env, configuration } = places;
  const shared = resolveShared(command.uses, places);
  const own = resolveValues(command.options, {
    given,
    env,
    file: (option) => configuration?.ofCommand(name, option),
    isUsed: () => true,
  });
  return {
    options: shared.values as SharedValues,
    values: { ...own.values, ...shared.values },
    origins: { ...own.origins, ...shared.origins },
  };
}

/** Resolves the shared options of a command that uses those groups. */
export function resolveShared(uses: Command["uses"], places: Places): Resolved {
  const { given, env, configuration } = places;
  const isClient = uses.includes("registrar");
  return resolveValues(SHARED_OPTIONS, {
    given,
    env,
    file: (option) => configuration?.shared(option, isClient),
    isUsed: (key) => usesShared({ uses }, key),
  });
}

/**
 * The configuration file that the command line or the environment names, if one of them does.
 *
 * @throws {UsageError} if it is missing, unreadable or wrong.
 */
export async function namedConfiguration(
  given: Places["given"],
  world: World,
): Promise<Configuration | undefined> {
  const { values } = resolveValues({ config: GENERAL_OPTIONS.config }, {
    given,
    env: (name) => world.env(name),
    file: () => undefined,
    isUsed: () => true,
  });
  const file = values.config as string | undefined;
  if (file === undefined) return undefined;
  const { loadConfiguration } = await import("./configuration_file.ts");
  return await loadConfiguration(file, world);
}

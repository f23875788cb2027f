/**
 * The file that `--config` names; read together with the YAML and schema libraries, which cost
 * time.
 */

import { COMMANDS } from "./commands.ts";
import {
  type Configuration,
  type Finding,
  parseConfiguration,
  readConfiguration,
  type Sections,
} from "./config.ts";
import { UsageError } from "./exit.ts";
import { reasonOf } from "./failure.ts";
import type { OptionTable } from "./option.ts";
import type { World } from "./world.ts";

/** Bytes of a configuration file. */
const MAX_CONFIGURATION_BYTES = 1 << 20;

/**
 * Loads a configuration file.
 *
 * @throws {UsageError} if it is missing, unreadable or wrong.
 */
export async function loadConfiguration(file: string, world: World): Promise<Configuration> {
  const text = await readText(file, world, MAX_CONFIGURATION_BYTES);
  return parseConfiguration(text, file, await sectionsOf());
}

/**
 * What a configuration file says, or all that is wrong in it.
 *
 * @throws {UsageError} if it is missing, unreadable or no text.
 */
export async function readConfigurationFile(
  file: string,
  world: World,
): Promise<Configuration | readonly Finding[]> {
  const text = await readText(file, world, MAX_CONFIGURATION_BYTES);
  return readConfiguration(text, file, await sectionsOf());
}

/** The options of all commands that have any. */
export async function sectionsOf(): Promise<Sections> {
  const sections: Record<string, OptionTable> = {};
  for (const entry of COMMANDS) {
    const { options } = await entry.load();
    if (Object.keys(options).length > 0) sections[entry.name] = options;
  }
  return sections;
}

async function readText(file: string, world: World, limit: number): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await world.readFile(file, limit + 1);
  } catch (error) {
    throw new UsageError(`cannot read the configuration file ${file}: ${reasonOf(error)}`);
  }
  if (bytes.length > limit) throw new UsageError(`${file} is longer than ${limit} bytes`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${file} is not UTF-8 text`);
  }
}

/** `config check`: all that is wrong in a configuration file, without starting anything. */

import type { Configuration, Finding } from "../config.ts";
import { COMMANDS } from "../commands.ts";
import type { Context } from "../command.ts";
import { readConfigurationFile } from "../configuration_file.ts";
import { explain } from "../failure.ts";
import { longName } from "../option.ts";
import { SHARED_OPTIONS, type SharedValues, usesShared } from "../options.ts";
import { resolveValues } from "../values.ts";

/** What a file is found to be. */
export interface Checked {
  /** Nothing, if it is right. */
  readonly findings: readonly Finding[];
}

/** Options that name a file which must be there before anything starts. */
const NEEDED_FILES: ReadonlySet<string> = new Set([
  "ca",
  "cert",
  "key",
  "psk-file",
  "http-cert",
  "http-key",
]);

/** Checks a file: its text, the files that it names, and what a registrar would say of it. */
export async function checkConfiguration(context: Context, file: string): Promise<Checked> {
  const read = await readConfigurationFile(file, context.world);
  if (Array.isArray(read)) return { findings: read as readonly Finding[] };
  const configuration = read as Configuration;
  const missing = await missingFiles(context, configuration);
  if (missing.length > 0) return { findings: missing };
  return { findings: await registrarFindings(context, configuration, file) };
}

async function missingFiles(
  { world }: Context,
  configuration: Configuration,
): Promise<Finding[]> {
  const findings = new Map<string, Finding>();
  for (const entry of COMMANDS) {
    const command = await entry.load();
    const options = [...Object.values(command.options), ...Object.values(SHARED_OPTIONS)];
    for (const name of options.map(longName).filter((each) => NEEDED_FILES.has(each))) {
      const said = configuration.ofCommand(entry.name, name) ?? configuration.shared(name, true);
      const path = said?.texts.at(-1);
      if (said === undefined || path === undefined) continue;
      const failure = await world.readFile(path, 1).then(() => undefined, (error) => error);
      if (failure === undefined) continue;
      const message = `${name}: cannot read ${path}: ${explain(failure).message}`;
      findings.set(said.where, { where: said.where, message });
    }
  }
  return [...findings.values()];
}

/** What `rserpool registrar --config FILE` would refuse, or warn of. */
async function registrarFindings(
  context: Context,
  configuration: Configuration,
  file: string,
): Promise<Finding[]> {
  const isMeant = configuration.security !== undefined || configuration.has("registrar");
  if (!isMeant) return [];
  const { command, prepare } = await import("../commands/registrar.ts");
  const own = resolveValues(command.options, {
    given: {},
    env: () => undefined,
    file: (name) => configuration.ofCommand("registrar", name),
    isUsed: () => true,
  });
  const shared = resolveValues(SHARED_OPTIONS, {
    given: { config: [file] },
    env: () => undefined,
    file: (name) => configuration.shared(name, false),
    isUsed: (key) => usesShared(command, key),
  });
  const options = { ...own.values, ...shared.values as SharedValues };
  const origins = { ...own.origins, ...shared.origins };
  const checking: Context = {
    ...context,
    configuration,
    sourceOf: (key) => origins[key]?.source ?? "default",
  };
  try {
    await prepare(checking, options as unknown as Parameters<typeof prepare>[1]);
    return [];
  } catch (error) {
    const { message } = explain(error);
    const [, where, rest] = /^([^ ]+:\d+:\d+): (.*)$/s.exec(message) ?? [];
    return [{ where: where ?? `${file}:1:1`, message: rest ?? message }];
  }
}

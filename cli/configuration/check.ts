/** `config check`: all that is wrong in a configuration file, without starting anything. */

import type { Configuration, Finding } from "../config.ts";
import { COMMANDS } from "../commands.ts";
import type { Command, Context } from "../command.ts";
import { readConfigurationFile } from "../configuration_file.ts";
import { explain } from "../failure.ts";
import { longName } from "../option.ts";
import { SHARED_OPTIONS, type SharedValues } from "../options.ts";
import { resolveCommand } from "../resolved.ts";
import type { Origin } from "../values.ts";

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
  return { findings: await refusals(context, configuration, file) };
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

/** Options that decide how a client is secured, and how `--http` is. */
const CLIENT_KEYS = ["ca", "cert", "key", "pskFile", "pskIdentity", "tls", "serverName"];
const HTTP_KEYS = ["httpCert", "httpKey", "http", "allowInsecureHttp"];

/** A command as the file would have it, and what it would refuse. */
class Trial {
  private readonly file: string;
  private readonly origins: Readonly<Record<string, Origin>>;
  readonly context: Context;
  readonly options: Readonly<Record<string, unknown>>;

  constructor(
    context: Context,
    configuration: Configuration,
    file: string,
    { name, command }: { name: string; command: Command },
  ) {
    const { values, origins } = resolveCommand(name, command, {
      given: { config: [file] },
      env: () => undefined,
      configuration,
    });
    this.file = file;
    this.origins = origins;
    this.options = values;
    const sourceOf = (key: string) => origins[key]?.source ?? "default";
    this.context = { ...context, configuration, sourceOf };
  }

  /** What is wrong, where the message says it or where the first of those options stands. */
  async finding(keys: readonly string[], work: () => Promise<unknown>): Promise<Finding[]> {
    try {
      await work();
      return [];
    } catch (error) {
      const { message } = explain(error);
      const [, where, rest] = /^([^ ]+:\d+:\d+): (.*)$/s.exec(message) ?? [];
      const origin = keys.map((key) => this.origins[key]).find((each) => each?.source === "file");
      return [{
        where: where ?? origin?.where ?? `${this.file}:1:1`,
        message: rest ?? message,
      }];
    }
  }
}

/** What the commands would refuse of the file. */
async function refusals(
  context: Context,
  configuration: Configuration,
  file: string,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const trialOf = async (name: string) => {
    const command = await COMMANDS.find((each) => each.name === name)!.load();
    return new Trial(context, configuration, file, { name, command });
  };
  const { securedTransport } = await import("../client_security.ts");
  const client = await trialOf("peers");
  findings.push(
    ...await client.finding(CLIENT_KEYS, () => {
      return securedTransport(client.context, client.options as unknown as SharedValues);
    }),
  );
  if (configuration.security !== undefined || configuration.has("registrar")) {
    const { prepare } = await import("../commands/registrar.ts");
    const registrar = await trialOf("registrar");
    const options = registrar.options as unknown as Parameters<typeof prepare>[1];
    const prepared = () => prepare(registrar.context, options);
    findings.push(...await registrar.finding([], prepared));
  }
  const { accessOf } = await import("../http/access.ts");
  for (const name of ["registrar", "register", "proxy", "dns"]) {
    const trial = await trialOf(name);
    const options = trial.options as unknown as Parameters<typeof accessOf>[1];
    const access = () => accessOf(trial.context, options, undefined);
    findings.push(...await trial.finding(HTTP_KEYS, access));
  }
  const told = findings.map((finding) => [JSON.stringify(finding), finding] as const);
  return [...new Map(told).values()];
}

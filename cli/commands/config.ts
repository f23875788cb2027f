/** `config`: what a configuration file says, and whether it is right. */

import { defineCommand, defineGroup } from "../command.ts";
import { checkConfiguration } from "../configuration/check.ts";
import { EXIT, UsageError } from "../exit.ts";

const check = defineCommand({
  arguments: [["<FILE>", "the file that --config would name"]],
  options: {},
  uses: ["output"],
  notes: `
All that is wrong is told, one line each: FILE:LINE:COLUMN and what it is. The files that it names
are read, too, and a section registrar: or security: is taken as rserpool registrar would take it,
but nothing is started. Exit code 0: nothing is wrong; 2: something is. With -o json one object:
{"file":"FILE","valid":false,"findings":[{"where":"FILE:LINE:COLUMN","message":"..."}]}.`,
  examples: [
    ["rserpool config check /etc/rserpool/registrar.yaml", "before it is loaded"],
    ["rserpool config check registrar.yaml -o json", "for programs"],
  ],
  async run(context, { output }, [file]) {
    const { findings } = await checkConfiguration(context, file!);
    const isValid = findings.length === 0;
    if (output === "csv") throw new UsageError("config check has no csv form");
    const view = { file, valid: isValid, findings };
    if (output !== "table") {
      await context.stdout.printResult({ json: () => view, lines: () => [view], table: noTable });
    } else if (isValid) {
      context.stdout.print(`${file}: nothing is wrong\n`);
    }
    for (const { where, message } of findings) context.log.error(`${where}: ${message}`);
    return isValid ? EXIT.ok : EXIT.usage;
  },
});

const schema = defineCommand({
  options: {},
  uses: [],
  notes: "Editors complete and check the file by it: docs/configuration.md says how.",
  examples: [["rserpool config schema > rserpool.schema.json", "keep it beside the file"]],
  async run({ stdout }) {
    const { configurationSchema } = await import("../configuration/json_schema.ts");
    const { sectionsOf } = await import("../configuration_file.ts");
    stdout.print(`${JSON.stringify(configurationSchema(await sectionsOf()), null, 2)}\n`);
  },
});

function noTable(): never {
  throw new TypeError("Cannot print findings as a table");
}

/** The command. */
export const command = defineGroup({
  options: {},
  subcommands: [
    { name: "check", summary: "tell all that is wrong in a configuration file", command: check },
    { name: "schema", summary: "print the JSON Schema of configuration files", command: schema },
  ],
  notes: `
One YAML file has what --config of each command takes from it: options by their long names, those
of a command in a section of its name, and security: (docs/configuration.md). What would hold, and
where each value comes from, is told by --print-config of registrar, register, proxy and dns.`,
  examples: [["rserpool config check registrar.yaml", "before it is loaded"]],
});

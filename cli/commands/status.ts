/** `status`: who a registrar is, and whether it serves. */

import { type Context, defineCommand } from "../command.ts";
import { EXIT, ExitError } from "../exit.ts";
import type { SharedValues } from "../options.ts";
import { askObserver } from "../registrars.ts";

/** The command. */
export const command = defineCommand({
  options: {},
  uses: ["registrar", "question", "security", "certificate", "multicast", "output"],
  notes: "Exit code 0 means that it serves; 4 that none answered, or that it does not serve yet.",
  examples: [
    ["rserpool status", "ask the registrar on this host"],
    ["until rserpool -q status; do sleep 1; done", "wait until it serves"],
  ],
  run,
});

async function run(context: Context, options: SharedValues): Promise<void> {
  const { formatIdentifier } = await context.clientApi();
  const { identifier, serves } = await askObserver(
    context,
    options,
    (observer, how) => observer.status(how),
  );
  const shown = formatIdentifier(identifier);
  if (!serves) {
    throw new ExitError(EXIT.noRegistrar, `the registrar ${shown} answers and does not serve yet`);
  }
  const view = { registrar: { identifier: shown }, serves };
  await context.stdout.printResult({
    json: () => view,
    lines: () => [view],
    table: () => ({ header: ["REGISTRAR", "SERVES"], rows: [[shown, "yes"]] }),
    csv: () => ({ header: ["registrar", "serves"], rows: [[shown, String(serves)]] }),
  });
}

/** `peers`: the registrars of the operational scope, as one registrar knows them. RFC 5353 §3.4. */

import type { ServerInformation } from "../api.ts";
import { type Context, defineCommand } from "../command.ts";
import type { SharedValues } from "../options.ts";
import { askObserver } from "../registrars.ts";
import { addressesOf, endpointsOf, portOf, protocolOf, Views } from "../views.ts";

/** The command. */
export const command = defineCommand({
  options: {},
  uses: ["registrar", "question", "output"],
  notes: "The registrar that answers is asked on its ENRP port, as an observer.",
  examples: [
    ["rserpool peers", "the peers of the registrar on this host"],
    ["rserpool peers --enrp-registrar 192.0.2.1:9901 -o json", "those of another one, as JSON"],
  ],
  run,
});

async function run(context: Context, options: SharedValues): Promise<void> {
  const api = await context.clientApi();
  const { registrar, peers } = await askObserver(
    context,
    options,
    (observer, how) => observer.peers(how),
  );
  const { formatIdentifier } = api;
  const views = new Views(api);
  const rowOf = ({ identifier, transport }: ServerInformation) => [
    formatIdentifier(identifier),
    protocolOf(transport),
    endpointsOf(transport),
  ];
  const csvRowOf = ({ identifier, transport }: ServerInformation) => [
    formatIdentifier(identifier),
    protocolOf(transport),
    addressesOf(transport).join(" "),
    portOf(transport),
  ];
  await context.stdout.printResult({
    json: () => ({
      registrar: { identifier: formatIdentifier(registrar.identifier) },
      peers: peers.map((peer) => views.peer(peer)),
    }),
    lines: () => peers.map((peer) => views.peer(peer)),
    table: () => ({ header: ["IDENTIFIER", "PROTOCOL", "ENDPOINT"], rows: peers.map(rowOf) }),
    csv: () => ({
      header: ["identifier", "protocol", "address", "port"],
      rows: peers.map(csvRowOf),
    }),
  });
}

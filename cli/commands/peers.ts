/** `peers`: the registrars of the operational scope, as one registrar knows them. RFC 5353 §3.4. */

import type { ClientApi, ListedServer } from "../api.ts";
import { type Context, defineCommand } from "../command.ts";
import { flag, type ValuesOf } from "../option.ts";
import type { SharedValues } from "../options.ts";
import { askObserver } from "../registrars.ts";
import { addressesOf, endpointsOf, portOf, protocolOf, Views } from "../views.ts";

const options = {
  wide: flag("--wide", "also their state, and how long ago they were heard, in a table and in csv"),
};

type Options = ValuesOf<typeof options> & SharedValues;

/** The command. */
export const command = defineCommand({
  options,
  uses: ["registrar", "question", "security", "certificate", "multicast", "output"],
  notes: `
The registrar that answers is asked on its ENRP port, as an observer. What it thinks of a peer is
  active       it was heard lately
  suspect      it is silent, or its connection was lost: it is asked whether it lives
  inactive     another registrar takes it over
  unreachable  others know it, and this registrar has not met it
JSON has state and lastHeardAgoMs; null is what the registrar does not tell.`,
  examples: [
    ["rserpool peers", "the peers of the registrar on this host"],
    ["rserpool peers --wide", "and whether they are well"],
    ["rserpool peers --enrp-registrar 192.0.2.1:9901 -o json", "those of another one, as JSON"],
  ],
  run,
});

async function run(context: Context, options: Options): Promise<void> {
  const api = await context.clientApi();
  const { registrar, peers } = await askObserver(
    context,
    options,
    (observer, how) => observer.peers(how),
  );
  const views = new Views(api);
  const { wide } = options;
  const wideHeader = (...names: string[]) => wide ? names : [];
  await context.stdout.printResult({
    json: () => ({
      registrar: { identifier: api.formatIdentifier(registrar.identifier) },
      peers: peers.map((peer) => views.peer(peer)),
    }),
    lines: () => peers.map((peer) => views.peer(peer)),
    table: () => ({
      header: ["IDENTIFIER", "PROTOCOL", "ENDPOINT", ...wideHeader("STATE", "LAST HEARD")],
      rows: peers.map((peer) => [...rowOf(peer, api), ...wide ? wideRowOf(peer) : []]),
    }),
    csv: () => ({
      header: [
        "identifier",
        "protocol",
        "address",
        "port",
        ...wideHeader("state", "last_heard_ago_ms"),
      ],
      rows: peers.map((peer) => [...csvRowOf(peer, api), ...wide ? wideCsvRowOf(peer) : []]),
    }),
  });
}

function rowOf({ identifier, transport }: ListedServer, api: ClientApi): string[] {
  return [api.formatIdentifier(identifier), protocolOf(transport), endpointsOf(transport)];
}

function wideRowOf({ peerStatus }: ListedServer): string[] {
  if (peerStatus === undefined) return ["", ""];
  const { state, lastHeardAgoMs: ago } = peerStatus;
  return [state, ago === undefined ? "never" : `${(ago / 1000).toFixed(1)}s ago`];
}

function csvRowOf({ identifier, transport }: ListedServer, api: ClientApi): string[] {
  return [
    api.formatIdentifier(identifier),
    protocolOf(transport),
    addressesOf(transport).join(" "),
    portOf(transport),
  ];
}

function wideCsvRowOf({ peerStatus }: ListedServer): string[] {
  return [peerStatus?.state ?? "", String(peerStatus?.lastHeardAgoMs ?? "")];
}

/** `dhcp check`: whether all registrars and all DHCP servers know the same. */

import { type Context, defineCommand } from "../command.ts";
import { BindingViews, stateOf } from "../dhcp/operator/binding_view.ts";
import { collect, type Collection } from "../dhcp/operator/collect.ts";
import {
  conflicts,
  duplicates,
  type Finding,
  lasting,
  serverFindings,
  unreplicated,
} from "../dhcp/operator/compare.ts";
import { POOL_OPTION } from "../dhcp/operator/pool_option.ts";
import { EXIT } from "../exit.ts";
import type { ValuesOf } from "../option.ts";
import type { SharedValues } from "../options.ts";

type Options = ValuesOf<typeof POOL_OPTION> & SharedValues;

/** The command. */
export const command = defineCommand({
  options: POOL_OPTION,
  uses: ["registrar", "question", "security", "certificate", "multicast", "handle", "output"],
  notes: `
Asks every registrar for its table, and every DHCP server for what it knows itself, by way of the
registrar that it is connected to. It finds
  duplicate     two clients with a lease of one address, wherever
  conflict      a client that has lost its address to another, and may use it until it renews
  unreplicated  what some know and others do not, at two looks one after the other
  server        a DHCP server that does not answer, is down, or gives new clients nothing
  unreachable   a registrar that does not answer
Exit code 0: nothing of all this; 7: something.`,
  examples: [
    ["rserpool dhcp check", "whether all is well"],
    ["rserpool dhcp check --pool dhcp/lan1 -o json", "the same for a program"],
  ],
  run,
});

async function run(context: Context, options: Options): Promise<number> {
  const first = await collect(context, options);
  let findings = findingsOf(first);
  let last = first;
  if (findings.length > 0) {
    last = await collect(context, options);
    findings = [...lasting(findings, findingsOf(last)), ...conflicts(last.lost)];
  } else findings = conflicts(first.lost);
  const api = await context.clientApi();
  const views = new BindingViews(api, last.servers, Date.now() / 1000);
  await context.stdout.printResult({
    json: () => ({
      poolHandle: last.poolHandle,
      registrars: last.registrars.map(({ of, bindings }) => ({ of, bindings: bindings.length })),
      servers: last.servers.map((each) => ({
        ...views.server(each),
        answers: last.heard.has(each.identifier),
      })),
      findings,
    }),
    lines: () => findings,
    table: () => ({ header: ["WHAT", "ABOUT", "DETAIL"], rows: rowsOf(last, findings) }),
    csv: () => ({ header: ["what", "about", "detail"], rows: findings.map(rowOf) }),
  });
  return findings.length === 0 ? EXIT.ok : EXIT.wrong;
}

/** All but conflicts, which do not go away by looking twice. */
function findingsOf({ registrars, own, servers, heard, problems }: Collection): Finding[] {
  const tables = [...registrars, ...own];
  return [
    ...duplicates(tables),
    ...unreplicated(tables),
    ...serverFindings(servers, heard),
    ...problems,
  ];
}

/** Where all is well, eyes see what was compared. */
function rowsOf(collection: Collection, findings: readonly Finding[]): string[][] {
  const { registrars, own, servers } = collection;
  const tables = [...registrars, ...own].map(({ of, bindings }) => {
    const server = servers.find(({ name }) => name === of);
    const state = server === undefined ? "" : `, ${stateOf(server)}, ${shareOf(server)}`;
    return ["table", of, `${bindings.length} bindings${state}`];
  });
  return [...findings.map(rowOf), ...tables];
}

function shareOf({ share, shares }: { readonly share: number; readonly shares: number }): string {
  return `share ${share}/${shares}`;
}

function rowOf({ kind, about, detail }: Finding): string[] {
  return [kind, about, detail];
}

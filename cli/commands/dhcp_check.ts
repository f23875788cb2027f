/** `dhcp check`: whether all registrars and all DHCP servers know the same. */

import { type Context, defineCommand } from "../command.ts";
import { BindingViews, stateOf } from "../dhcp/operator/binding_view.ts";
import { collect, type Collection } from "../dhcp/operator/collect.ts";
import {
  conflicts,
  duplicates,
  type Finding,
  isClean,
  lasting,
  remarks,
  serverFindings,
  unreplicated,
} from "../dhcp/operator/compare.ts";
import { POOL_OPTION } from "../dhcp/operator/pool_option.ts";
import { EXIT } from "../exit.ts";
import type { ValuesOf } from "../option.ts";
import type { SharedValues } from "../options.ts";

/** What is on its way at the first look has come by the second one. */
const LOOK_AGAIN_MS = 1_000;
/** So many findings of a kind are for eyes; whoever wants more takes JSON. */
export const MAX_SHOWN_FINDINGS = 20;

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
  unreplicated  what some know and others do not, at two looks a second apart
  server        a DHCP server that does not answer, is down, or gives new clients nothing
  registrar     a registrar that does not answer, or keeps no bindings of this pool
Exit code 0: nothing of all this; 7: something. A remark, such as one client with two addresses, is
nothing of it. The registrars are those that the first one to answer knows; where their link may be
cut, name several with --enrp-registrar, and all of them are asked. --timeout is for each look.`,
  examples: [
    ["rserpool dhcp check", "whether all is well"],
    ["rserpool dhcp check --pool dhcp/lan1 -o json", "the same for a program"],
  ],
  run,
});

async function run(context: Context, options: Options): Promise<number> {
  const { collection, findings } = await look(context, options);
  const { registrars, own, servers, heard } = collection;
  const api = await context.clientApi();
  const views = new BindingViews(api, servers, Date.now() / 1000);
  await context.stdout.printResult({
    json: () => ({
      poolHandle: collection.poolHandle,
      isClean: isClean(findings),
      registrars: registrars.map(({ of, bindings }) => ({ of, bindings: bindings.length })),
      servers: servers.map((each) => ({
        ...views.server(each),
        answers: heard.has(each.identifier),
        bindings: own.find(({ server }) => server === each.identifier)?.bindings.length ?? null,
      })),
      findings,
    }),
    lines: () => findings,
    table: () => ({
      header: ["WHAT", "ABOUT", "DETAIL"],
      rows: [...rowsOf(findings), ...tableRows(collection)],
    }),
    csv: () => ({ header: ["what", "about", "detail"], rows: findings.map(rowOf) }),
  });
  return isClean(findings) ? EXIT.ok : EXIT.wrong;
}

/** Looks again if something seems wrong: it may be on its way, or be asked by somebody else. */
async function look(
  context: Context,
  options: Options,
): Promise<{ readonly collection: Collection; readonly findings: readonly Finding[] }> {
  let collection = await collect(context, options);
  let findings = passing(collection);
  if (findings.length > 0) {
    await context.world.pause(LOOK_AGAIN_MS);
    collection = await collect(context, options);
    findings = lasting(findings, passing(collection));
  }
  const { registrars, own, lost } = collection;
  const more = [...conflicts(lost), ...remarks([...registrars, ...own])];
  return { collection, findings: [...findings, ...more] };
}

/** All that may go away by itself. */
function passing({ registrars, own, servers, heard, silences, problems }: Collection): Finding[] {
  const tables = [...registrars, ...own];
  return [
    ...duplicates(tables),
    ...unreplicated(tables),
    ...serverFindings(servers, heard, silences),
    ...problems,
  ];
}

/** The first ones of each kind: of an empty table everything is missing. */
export function rowsOf(findings: readonly Finding[]): string[][] {
  return [...new Set(findings.map(({ kind }) => kind))].flatMap((kind) => {
    const all = findings.filter((each) => each.kind === kind).map(rowOf);
    const more = all.length - MAX_SHOWN_FINDINGS;
    if (more <= 0) return all;
    return [...all.slice(0, MAX_SHOWN_FINDINGS), [kind, `${more} more`, "all of them: -o json"]];
  });
}

/** What was compared: where all is well, eyes see that it was looked at. */
function tableRows({ registrars, own, servers }: Collection): string[][] {
  const ofRegistrars = registrars.map(({ of, bindings }) => [of, countOf(bindings.length)]);
  const ofServers = own.map(({ of, server, bindings }) => {
    const { share, shares, flags } = servers.find(({ identifier }) => identifier === server)!;
    const state = `${stateOf({ flags })}, share ${share}/${shares}`;
    return [of, `${countOf(bindings.length)}, ${state}`];
  });
  return [...ofRegistrars, ...ofServers].map((row) => ["table", ...row]);
}

function countOf(count: number): string {
  return count === 1 ? "1 binding" : `${count} bindings`;
}

function rowOf({ kind, about, detail }: Finding): string[] {
  return [kind, about, detail];
}

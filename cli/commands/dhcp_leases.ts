/** `dhcp leases`: who has which address, as a registrar knows it. */

import { type Context, defineCommand } from "../command.ts";
import { type BindingView, BindingViews, shownSeconds } from "../dhcp/operator/binding_view.ts";
import { POOL_OPTION, poolOf } from "../dhcp/operator/pool_option.ts";
import { choice, type ValuesOf } from "../option.ts";
import type { SharedValues } from "../options.ts";
import { askObserver } from "../registrars.ts";

const STATES = ["bound", "expired", "bindable", "unavailable", "all"] as const;

const options = {
  ...POOL_OPTION,
  state: choice("--state <STATE>", "show those in this state only", STATES, "bound"),
};

type Options = ValuesOf<typeof options> & SharedValues;

/** The command. */
export const command = defineCommand({
  options,
  uses: ["registrar", "question", "security", "certificate", "multicast", "handle", "output"],
  notes: `
The registrar that answers is asked on its ENRP port, as an observer. The states are
  bound        a client has the address
  expired      its lease is over, and the address is kept for it until all servers have said so
  bindable     free again; all others hold it for the server of its share
  unavailable  nobody may give it: the host of a server has it itself
SERVER is the server that has granted it last; any of them renews it.`,
  examples: [
    ["rserpool dhcp leases", "who has which address"],
    ["rserpool dhcp leases --pool dhcp/lan1 --state all -o json", "all that is known of a pool"],
  ],
  run,
});

async function run(context: Context, options: Options): Promise<void> {
  const api = await context.clientApi();
  const { poolHandle, registrar, servers, bindings } = await askObserver(
    context,
    options,
    async (observer, wait) => {
      const poolHandle = await poolOf(observer, wait, options, api);
      return { poolHandle, ...await observer.bindings(poolHandle, wait) };
    },
  );
  const views = new BindingViews(api, servers, Date.now() / 1000);
  const wanted = options.state.toUpperCase();
  const shown = bindings
    .filter(({ state }) => wanted === "ALL" || state === wanted)
    .map((each) => views.view(each));
  await context.stdout.printResult({
    json: () => ({
      registrar: { identifier: api.formatIdentifier(registrar.identifier) },
      poolHandle,
      servers: servers.map((each) => views.server(each)),
      bindings: shown,
    }),
    lines: () => shown,
    table: () => ({
      header: ["ADDRESS", "STATE", "HARDWARE", "HOST", "SERVER", "ENDS IN"],
      rows: shown.map(rowOf),
    }),
    csv: () => ({
      header: ["address", "state", "hardware", "client_id", "host", "server", "remaining_s"],
      rows: shown.map(csvRowOf),
    }),
  });
}

function rowOf(view: BindingView): string[] {
  const { address, state, hardware, host, server, remainingSeconds } = view;
  const ends = state === "BOUND" ? shownSeconds(remainingSeconds) : "";
  return [address, state.toLowerCase(), hardware ?? "", host ?? "", server, ends];
}

function csvRowOf(view: BindingView): string[] {
  const { address, state, hardware, clientId, host, server, remainingSeconds } = view;
  const ends = remainingSeconds === null ? "" : String(remainingSeconds);
  return [address, state, hardware ?? "", clientId ?? "", host ?? "", server, ends];
}

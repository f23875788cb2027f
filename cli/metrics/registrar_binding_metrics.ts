/** What a registrar measures of the DHCP bindings that it keeps. docs/dhcp.md. */

import type { BindingPoolView, RegistrarView } from "../api.ts";
import { gauge, type Row, row } from "./metric.ts";

type Now = { readonly view: RegistrarView };

const SERVER_STATES = ["serving", "withheld", "down"] as const;

/** Over all DHCP pools. */
export const BINDING_ROWS: readonly Row<Now>[] = [
  row(
    gauge("rserpool_bindings", "DHCP bindings that the registrar keeps, by state.", ["state"]),
    bindings,
  ),
  row(
    gauge(
      "rserpool_bindings_lost",
      "DHCP leases that were lost to another client and have not ended.",
    ),
    ({ view }) => sum(view, ({ lost }) => lost),
  ),
  row(
    gauge(
      "rserpool_binding_servers",
      "DHCP servers that share bindings: serving, withheld (none of its addresses goes to new " +
        "clients) and down by an operator's word.",
      ["state"],
    ),
    servers,
  ),
];

function sum({ bindingPools }: RegistrarView, of: (pool: BindingPoolView) => number): number {
  return bindingPools().reduce((total, each) => total + of(each), 0);
}

function bindings({ view }: Now): readonly (readonly [string, number])[] {
  const totals = { BOUND: 0, EXPIRED: 0, BINDABLE: 0, UNAVAILABLE: 0 };
  const states = Object.keys(totals) as (keyof typeof totals)[];
  for (const pool of view.bindingPools()) {
    const counted = pool.states();
    for (const state of states) totals[state] += counted[state];
  }
  return Object.entries(totals);
}

function servers({ view }: Now): readonly (readonly [string, number])[] {
  const all = view.bindingPools().flatMap((pool) => pool.servers);
  const states = all.map(({ flags }) => {
    if (flags.includes("down")) return "down";
    return flags.includes("withheld") ? "withheld" : "serving";
  });
  return SERVER_STATES.map((state) => [state, states.filter((each) => each === state).length]);
}

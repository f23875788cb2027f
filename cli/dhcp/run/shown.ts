/** `dhcp run --http`: what a DHCP server shows of itself. */

import type { Api, BindingAgent } from "../../api.ts";
import type { Readiness } from "../../http/shown.ts";
import type { DhcpMetricsParts } from "../../metrics/dhcp_metrics.ts";

/** What a service has to show. */
export interface DhcpState {
  readonly agent: BindingAgent;
  /** Milliseconds of the agent's clock. */
  readonly now: number;
  readonly dnsmasqPid: number | undefined;
  readonly isServing: boolean;
  readonly isPublished: boolean;
  readonly from: "registrar" | "disk";
  readonly registrar: string | undefined;
  readonly starts: ReadonlyMap<string, number>;
  readonly events: ReadonlyMap<string, number>;
}

/** States of bindings, so that each has a number from the beginning. */
const STATES = ["BOUND", "EXPIRED", "BINDABLE", "UNAVAILABLE"] as const;

/** What is measured of it. */
export function dhcpMeasures(state: DhcpState): DhcpMetricsParts {
  const { isServing, isPublished, starts, events, agent } = state;
  const bindings = countBindings(state);
  return { isServing, isPublished, starts, events, bindings, mayGive: agent.maySpend };
}

/** Ready is who serves clients. */
export function dhcpReadiness({ isServing, agent }: DhcpState): Readiness {
  if (isServing) return { isReady: true, reason: "dnsmasq serves" };
  const reason = agent.mayServe
    ? "dnsmasq does not run"
    : "other servers do not know yet that this one is back";
  return { isReady: false, reason };
}

/** For `/api/v1/dhcp`. */
export function shownDhcp(
  state: DhcpState,
  { poolHandle, self }: { readonly poolHandle: string; readonly self: number },
  { formatIdentifier }: Pick<Api, "formatIdentifier">,
): Record<string, unknown> {
  const { agent, isServing, isPublished, from, dnsmasqPid, registrar } = state;
  return {
    poolHandle,
    identifier: formatIdentifier(self),
    serves: isServing,
    dnsmasqPid: dnsmasqPid ?? null,
    registrar: registrar ?? null,
    from,
    shareConfirmed: agent.maySpend,
    published: isPublished,
    bindings: Object.fromEntries(countBindings(state)),
    servers: agent.servers.map(({ identifier, name, first, last, share, shares, flags }) => ({
      identifier: formatIdentifier(identifier),
      name,
      range: `${first}-${last}`,
      share: `${share}/${shares}`,
      flags,
    })),
  };
}

function countBindings({ agent, now }: DhcpState): Map<string, number> {
  const counts = new Map<string, number>(STATES.map((state) => [state, 0]));
  for (const { state } of agent.bindings(now)) counts.set(state, counts.get(state)! + 1);
  return counts;
}

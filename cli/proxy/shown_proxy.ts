/** `proxy --http`: its listeners, its pools, and what goes to which element. */

import { formatAddress } from "../address.ts";
import type { Api } from "../api.ts";
import type { Readiness } from "../http/shown.ts";
import { Views } from "../views.ts";
import type { ProxyProtocol } from "./listen_option.ts";
import type { ProxyListener } from "./listener.ts";
import type { WatchedPool } from "./watched_pool.ts";

/** A listener, and which pool it is for. */
export interface Forwarded {
  readonly protocol: ProxyProtocol;
  readonly listener: ProxyListener;
  readonly pool: WatchedPool;
}

/** Whether a registrar has told what is in each pool. */
export function proxyReadiness(
  listeners: readonly Forwarded[],
  isStopping: boolean,
): Readiness {
  if (isStopping) return { isReady: false, reason: "stopping" };
  const unknown = listeners.find(({ pool }) => !pool.isKnown);
  return unknown === undefined
    ? { isReady: true, reason: "forwarding" }
    : { isReady: false, reason: `no registrar has told yet what is in "${nameOf(unknown)}"` };
}

/** For `/api/v1/proxy`. */
export function shownProxy(api: Api, listeners: readonly Forwarded[]) {
  return {
    listeners: listeners.map((each) => ({
      listen: formatAddress(each.listener.address),
      protocol: each.protocol,
      pool: nameOf(each),
      connections: connectionsOf([each.listener]),
    })),
    connections: connectionsOf(listeners.map(({ listener }) => listener)),
    pools: poolsOf(api, listeners),
  };
}

/** Each pool once for each protocol. */
function poolsOf(api: Api, listeners: readonly Forwarded[]) {
  const uses = Map.groupBy(listeners, (each) => `${each.protocol} ${nameOf(each)}`);
  return [...uses.values()].map((sharing) => {
    const [{ pool, protocol }] = sharing as [Forwarded];
    const counts = sharing.map(({ listener }) => listener.byElement());
    return {
      poolHandle: pool.poolHandle,
      protocol,
      known: pool.isKnown,
      poolElements: pool.use(protocol).present().map(({ element, penaltyMs }) => ({
        ...new Views(api).poolElement(element, { asapTransport: false }),
        connections: sum(counts.map((count) => count.get(element.identifier) ?? 0)),
        penaltyMs: penaltyMs === undefined ? null : Math.round(penaltyMs),
      })),
    };
  });
}

function connectionsOf(listeners: readonly ProxyListener[]): number {
  return sum(listeners.flatMap((listener) => [...listener.byElement().values()]));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

function nameOf({ pool }: Forwarded): string {
  return pool.poolHandle;
}

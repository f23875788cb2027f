/** What `proxy --http` shows: who listens for what, and what goes to which element. */

import assert from "node:assert/strict";
import type { Api } from "../../../cli/api.ts";
import { ListenerCounts } from "../../../cli/proxy/listener_counts.ts";
import type { ProxyListener } from "../../../cli/proxy/listener.ts";
import { type Forwarded, proxyReadiness, shownProxy } from "../../../cli/proxy/shown_proxy.ts";
import type { WatchedPool } from "../../../cli/proxy/watched_pool.ts";
import * as api from "../../../mod.ts";
import { ELEMENT } from "../elements.ts";

/** A listener with so many connections to each element. */
function listener(port: number, connections: [number, number][]): ProxyListener {
  return {
    address: { host: "127.0.0.1", port },
    counts: new ListenerCounts(api),
    size: 0,
    byElement: () => new Map(connections),
    stopAccepting: () => Promise.resolve(),
    drained: () => Promise.resolve(),
    end() {},
  };
}

/** A pool with two elements, of which the second has just failed. */
function pool(poolHandle: string, isKnown = true): WatchedPool {
  const present = [
    { element: { ...ELEMENT, identifier: 1 }, penaltyMs: undefined },
    { element: { ...ELEMENT, identifier: 2 }, penaltyMs: 499.6 },
  ];
  return { poolHandle, isKnown, use: () => ({ present: () => present }) } as unknown as WatchedPool;
}

const web = pool("web");
const FORWARDED: readonly Forwarded[] = [
  { protocol: "tcp", listener: listener(1, [[1, 3]]), pool: web },
  { protocol: "tcp", listener: listener(2, [[1, 1], [2, 2]]), pool: web },
  { protocol: "udp", listener: listener(1, [[9, 5]]), pool: pool("dns") },
];

Deno.test("listeners, and each pool once for each protocol with what goes to its elements", () => {
  const { listeners, pools, connections } = shownProxy(api as unknown as Api, FORWARDED);
  assert.equal(connections, 11);
  assert.deepEqual(listeners, [
    { listen: "127.0.0.1:1", protocol: "tcp", pool: "web", connections: 3 },
    { listen: "127.0.0.1:2", protocol: "tcp", pool: "web", connections: 3 },
    { listen: "127.0.0.1:1", protocol: "udp", pool: "dns", connections: 5 },
  ]);
  const shown = pools.map(({ poolHandle, protocol, known, poolElements }) => ({
    pool: `${protocol} ${poolHandle} ${known}`,
    elements: poolElements.map(({ identifier, connections, penaltyMs }) =>
      `${identifier} ${connections} ${penaltyMs}`
    ),
  }));
  assert.deepEqual(shown, [
    { pool: "tcp web true", elements: ["0x00000001 4 null", "0x00000002 2 500"] },
    { pool: "udp dns true", elements: ["0x00000001 0 null", "0x00000002 0 500"] },
  ]);
});

Deno.test("it is ready once a registrar has told what is in each pool, until it stops", () => {
  assert.equal(proxyReadiness(FORWARDED, false).isReady, true);
  const waiting = [...FORWARDED, { ...FORWARDED[0]!, pool: pool("mail", false) }];
  assert.deepEqual(proxyReadiness(waiting, false), {
    isReady: false,
    reason: 'no registrar has told yet what is in "mail"',
  });
  assert.deepEqual(proxyReadiness(FORWARDED, true), { isReady: false, reason: "stopping" });
});

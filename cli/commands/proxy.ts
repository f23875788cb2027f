/** `proxy`: clients that know nothing of RSerPool reach a pool at one address. RFC 3237 §2.6. */

import { formatAddress } from "../address.ts";
import { type Context, defineCommand } from "../command.ts";
import { UsageError } from "../exit.ts";
import { refuseAlone } from "../lone_option.ts";
import type { SharedValues } from "../options.ts";
import { PROXY_OPTIONS, type ProxyValues } from "../proxy/options.ts";

type Options = ProxyValues & SharedValues;

/** The command. */
export const command = defineCommand({
  options: PROXY_OPTIONS,
  uses: ["registrar", "security", "certificate", "multicast", "handle"],
  notes: `
Each connection goes to one element, chosen by the pool's policy. What is in the pool is told by a
registrar as it changes, and while none answers the last known elements go on being used.

An element that cannot be reached is reported, and the next one is tried, before any byte was sent;
it is then skipped for half a second, doubled each time up to 10s. An element that leaves its pool
keeps the connections it has. A connection for which no element is found within --wait is closed.

Elements of transport use data+control are not forwarded to: their clients speak RSerPool. A pool
handle may contain "=", and be written hex:0a0b...

With udp: all datagrams of a client go to one element, until it is silent for --udp-idle or the
element is gone. A datagram for which there is no element is lost.

It runs until SIGTERM or SIGINT: it then accepts no more, waits --drain for the connections that are
open, and ends (exit code 0); a second signal ends it at once. At SIGHUP it reads certificates and
keys anew. It runs on when its terminal is closed.

With --http it serves /metrics, /healthz, /readyz, /api/v1/proxy and /api/v1/events, for reading
only (docs/http.md).

The ready file: {"pid":N,"listeners":[{"listen":"HOST:PORT","protocol":"tcp","pool":"web"}]}, there
when the listeners are open and a registrar has told what is in each pool.`,
  examples: [
    [
      "rserpool proxy --listen 127.0.0.1:8080=web",
      "whoever connects to port 8080 of this host is served by an element of the pool web",
    ],
    [
      "rserpool proxy --listen 127.0.0.1:5432=postgres --listen '[::1]:6379=redis'",
      "two pools, one of them over IPv6",
    ],
    ["rserpool proxy --listen udp:127.0.0.1:5353=dns-pool", "datagrams"],
    [
      "rserpool proxy --listen 0.0.0.0:443=web --proxy-protocol",
      "for all hosts; elements that understand the PROXY protocol learn who their clients are",
    ],
  ],
  longRunning: true,
  run,
});

async function run(context: Context, options: Options): Promise<void> {
  requireSense(context, options);
  const { runProxy } = await import("../proxy/run.ts");
  await runProxy(context, options);
}

function requireSense(context: Context, { listen, proxyProtocol }: Options): void {
  if (listen.length === 0) {
    throw new UsageError("--listen is missing; write for example --listen 127.0.0.1:8080=web");
  }
  if (proxyProtocol && listen.every(({ protocol }) => protocol === "udp")) {
    throw new UsageError("--proxy-protocol is for connections, and all listeners are udp:");
  }
  if (listen.every(({ protocol }) => protocol !== "udp")) {
    const { maxUdpFlows, udpIdle } = PROXY_OPTIONS;
    refuseAlone(context, { maxUdpFlows, udpIdle }, "--listen udp:HOST:PORT=POOL");
  }
  const places = new Set<string>();
  for (const { protocol, address } of listen) {
    if (address.port === 0) continue;
    const place = `${protocol} ${formatAddress(address)}`;
    if (places.has(place)) {
      throw new UsageError(`--listen ${formatAddress(address)} is given twice for ${protocol}`);
    }
    places.add(place);
  }
}

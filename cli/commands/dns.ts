/** `dns`: clients that know nothing of RSerPool find pools by name. RFC 3237 §2.6. */

import { formatAddress } from "../address.ts";
import { type Context, defineCommand } from "../command.ts";
import { poolLabel } from "../dns/names.ts";
import { DNS_OPTIONS, type DnsValues } from "../dns/options.ts";
import { UsageError } from "../exit.ts";
import type { SharedValues } from "../options.ts";
import { parsePoolArgument } from "../pool_argument.ts";

type Options = DnsValues & SharedValues;

/** The command. */
export const command = defineCommand({
  options: DNS_OPTIONS,
  uses: ["registrar", "security", "certificate", "multicast", "handle"],
  notes: `
Of pool web it answers A and AAAA for web.pool.internal, SRV for _web._tcp.pool.internal (_udp,
_sctp, _dccp, _udplite likewise), and A and AAAA for each pool element, such as
5562e917.web.pool.internal, which SRV names. Answers are in the order of the pool's policy, and the
next answer begins with the next element. SRV has weights where the policy spreads (round robin,
random, the weighted ones, randomized least used), and priorities where it has an order (priority,
the least used ones).

A pool handle that is no label of host names in lower case has an escaped name; --name prints it.
Elements of transport use data+control have no names: their clients speak RSerPool.

Unknown pools are NXDOMAIN. What a registrar has told is answered while that one answers, and for
--stale after that; without it, and for pools nobody has asked for, it is SERVFAIL while no
registrar answers. Other zones are refused, and ANY is answered as RFC 8482 says.

It answers whoever can send to --listen: keep it on the loopback, or in a network that you trust.
An answer over UDP has 512 bytes at most, with EDNS 1232; what does not fit is truncated and asked
for over TCP. docs/dns.md has names, limits and how policies are told.

It runs until SIGTERM or SIGINT (exit code 0). At SIGHUP it reads certificates and keys anew. It
runs on when its terminal is closed. With --http it serves /metrics, /healthz, /readyz, /api/v1/dns
and /api/v1/events, for reading only (docs/http.md).

The ready file: {"pid":N,"listen":["HOST:PORT"],"zone":"NAME"}, there when it listens; a registrar
is not waited for.`,
  examples: [
    [
      "rserpool dns",
      "answer for pool.internal on port 8600; dig @127.0.0.1 -p 8600 web.pool.internal",
    ],
    [
      "rserpool dns --listen 127.0.0.1:8600 --listen '[::1]:8600' --zone pools.example",
      "over IPv4 and IPv6, for another zone",
    ],
    ["rserpool dns --name 'Web server'", "print which name that pool has"],
    [
      "dnsmasq --server=/pool.internal/127.0.0.1#8600",
      "have dnsmasq ask it for the zone, for all programs of the host",
    ],
  ],
  longRunning: ({ name }) => name === undefined,
  run,
});

async function run(context: Context, options: Options): Promise<void> {
  if (options.name !== undefined) return await printName(context, options, options.name);
  const places = new Set<string>();
  for (const address of options.listen) {
    const place = formatAddress(address);
    if (address.port !== 0 && places.has(place)) {
      throw new UsageError(`--listen ${place} is given twice`);
    }
    places.add(place);
  }
  const { runDns } = await import("../dns/run.ts");
  await runDns(context, options);
}

async function printName(context: Context, options: Options, pool: string): Promise<void> {
  const api = await context.api();
  const label = poolLabel(parsePoolArgument(pool, api, options.maxHandleBytes), api);
  if (label === undefined) {
    throw new UsageError(`the pool handle is too long to have a name in DNS`);
  }
  await context.stdout.print(`${label}.${options.zone.join(".")}\n`);
}

/** `dhcp run`: a DHCP server that shares its bindings with the others of its pool. */

import { defineCommand } from "../command.ts";
import { DHCP_RUN_OPTIONS } from "../dhcp/run/options.ts";

/** The command. */
export const command = defineCommand({
  arguments: [["[COMMAND...]", "behind --: dnsmasq and its arguments"]],
  options: DHCP_RUN_OPTIONS,
  uses: ["registrar", "security", "certificate", "multicast", "handle"],
  notes: `
dnsmasq is started with what --leasefile-ro and --dhcp-script need besides its own arguments; its
dhcp-range must be --range. All servers of a pool have the same --range, and each another --share.
Every address of another share is held by a placeholder, so that dnsmasq gives it to nobody.

What dnsmasq does is on the disk before others are told, and is told before it is forgotten. At the
start a registrar's table is waited for, for --sync-timeout; without one DHCP starts from the disk.
With --dbus leases are changed while dnsmasq runs, otherwise it is restarted for many changes at
once, which takes about 20 ms.

The directory of --state says who this server is, and has what clients were given: without it the
next start is another server's, whose addresses nobody has freed. Two servers must never have copies
of one.

A configuration that could give one address to two clients is refused, with exit code 2: another
dhcp-range, dhcp-authoritative while there are other servers, a range or share of another server.
The name of a server that will never come back is told to rserpool dhcp partner-down.

SIGTERM or SIGINT stops dnsmasq, tells registrars what happened last, de-registers, and ends with
exit code 0. SIGHUP, SIGUSR1 and SIGUSR2 are dnsmasq's; over TLS SIGHUP reads certificates and keys
anew, too. A dnsmasq that dies is started again, after 1 s and then twice as long each time.

The ready file: {"poolHandle":"dhcp/lan1","identifier":"0x…","home":"0x…","pid":N,"dnsmasqPid":N,
"from":"registrar"}, once dnsmasq serves; home is null if there is none yet, and from is disk if no
registrar has told what it knows. docs/dhcp.md has the rules, the units and the permissions.`,
  examples: [
    [
      "rserpool dhcp run --pool dhcp/lan1 --range 192.0.2.10-192.0.2.99 --share 1/2 -- " +
      "dnsmasq -C lan1.conf",
      "the first of two servers",
    ],
    [
      "rserpool dhcp run --config lan1.yaml --share 2/2 --dbus system -- dnsmasq -C lan1.conf",
      "the second one, with the rest in a file, and leases changed over D-Bus",
    ],
  ],
  longRunning: true,
  run: async (context, options, args) => {
    const { runDhcp } = await import("../dhcp/run/run.ts");
    return await runDhcp(context, options, args);
  },
});

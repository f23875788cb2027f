/** `dhcp`: DHCP servers that share their bindings. docs/dhcp.md. */

import { defineGroup } from "../command.ts";
import { command as check } from "./dhcp_check.ts";
import { command as exporting } from "./dhcp_export.ts";
import { command as leases } from "./dhcp_leases.ts";
import { command as partnerDown } from "./dhcp_partner_down.ts";
import { command as run } from "./dhcp_run.ts";

/** The command. */
export const command = defineGroup({
  options: {},
  subcommands: [
    {
      name: "run",
      summary: "run a DHCP server that shares its bindings with others",
      command: run,
    },
    { name: "leases", summary: "show who has which address", command: leases },
    {
      name: "check",
      summary: "compare what all registrars and DHCP servers know",
      command: check,
    },
    {
      name: "partner-down",
      summary: "say that a DHCP server is dead, so that others may give its addresses",
      command: partnerDown,
    },
    { name: "export", summary: "write the leases for another program", command: exporting },
  ],
  examples: [
    [
      "rserpool dhcp run --pool dhcp/lan1 --range 192.0.2.10-192.0.2.99 --share 1/2 -- " +
      "dnsmasq -C lan1.conf",
      "the first of two servers",
    ],
    ["rserpool dhcp leases", "who has which address"],
    ["rserpool dhcp check", "whether all know the same"],
  ],
});

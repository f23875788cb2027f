/** `dhcp`: DHCP servers that share their bindings. docs/dhcp.md. */

import { defineGroup } from "../command.ts";
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
  ],
  examples: [
    [
      "rserpool dhcp run --pool dhcp/lan1 --range 192.0.2.10-192.0.2.99 --share 1/2 -- dnsmasq " +
      "--port=0 --dhcp-range=192.0.2.10,192.0.2.99,1h",
      "the first of two servers",
    ],
  ],
});

/**
 * Two DHCP servers with their registrars and clients through storms: killed, cut off, forgotten,
 * declared down. Never two clients on one address, and all is one table when it is over.
 */
import { playStorms, RUNS } from "./dhcp_storms.ts";

Deno.test(`two DHCP servers through ${RUNS} storms`, () => {
  playStorms(2, 1, "dhcp_two_servers_test.ts");
});

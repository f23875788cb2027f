/** Three DHCP servers with their registrars and clients through storms, as two of them. */
import { playStorms, RUNS } from "./dhcp_storms.ts";

Deno.test(`three DHCP servers through ${RUNS} storms`, () => {
  playStorms(3, 100_001, "dhcp_three_servers_test.ts");
});

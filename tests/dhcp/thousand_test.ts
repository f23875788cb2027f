/** A server that returns to a thousand leases. Case (k). */
import { dhcpCase } from "./dhcp_case.ts";
import { DhcpLan } from "./dhcp_lan.ts";

const LEASES = 1000;

dhcpCase(import.meta.url, "a server returns to a thousand leases, and has them all", async () => {
  await using lan = await DhcpLan.make({ clients: 1, last: "10.10.8.208" });
  const [a, b] = lan.servers;
  await a!.start();
  await b!.start();
  await b!.kill();
  await a!.fill(LEASES);
  await lan.agreesOn(LEASES);
  await b!.start();
  await lan.agrees();
  await a!.kill();
  await lan.clients[0]!.bind();
  // It tells of its own table first, lease by lease.
  await lan.agreesOn(LEASES + 1);
});

/** A server that returns to a thousand leases. Case (k). */
import { DnsmasqBus } from "../../cli/dhcp/dnsmasq/dbus.ts";
import { dhcpCase } from "./dhcp_case.ts";
import { DhcpLan } from "./dhcp_lan.ts";

const LEASES = 1000;

dhcpCase(import.meta.url, "a server returns to a thousand leases, and has them all", async () => {
  await using lan = await DhcpLan.make({ clients: 1, last: "10.10.8.208" });
  const [a, b] = lan.servers;
  await a!.start();
  await b!.start();
  await b!.kill();
  const bus = await DnsmasqBus.connect(await lan.busOf(1));
  const expires = Math.floor(Date.now() / 1000) + 3600;
  for (let n = 0; n < LEASES; n++) {
    const number = n.toString(16).padStart(4, "0");
    const mac = `02:bb:00:00:${number.slice(0, 2)}:${number.slice(2)}`;
    await bus.addLease({ address: addressAt(n), mac, expires });
  }
  bus.close();
  await lan.agreesOn(LEASES);
  await b!.start();
  await lan.agrees();
  await a!.kill();
  await lan.clients[0]!.bind();
  // It tells of its own table first, lease by lease.
  await lan.agreesOn(LEASES + 1);
});

/** Each second address: so some of either's share are free. */
function addressAt(n: number): string {
  const host = 257 + n * 2;
  return `10.10.${host >> 8}.${host & 255}`;
}

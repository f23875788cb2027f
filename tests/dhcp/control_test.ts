/** What happens without synchronisation: that the other tests could fail. Case (b)'s control. */
import assert from "node:assert/strict";
import { dhcpCase } from "./dhcp_case.ts";
import { DhcpLan, LEASE, within } from "./dhcp_lan.ts";

dhcpCase(
  import.meta.url,
  "without synchronisation one address is given to two clients",
  async () => {
    await using lan = await DhcpLan.make();
    const plain = (n: number) =>
      lan.scratch.spawn("dnsmasq", [
        ...["--conf-file=/dev/null", "--port=0", "--interface=eth0", "--bind-interfaces"],
        ...["--keep-in-foreground", "--log-facility=-", `--dhcp-leasefile=/run/netns/leases${n}`],
        `--dhcp-range=10.10.1.1,10.10.1.1,255.255.0.0,${LEASE}`,
      ], { within: within(`s${n}`) });
    const [silent, other] = lan.clients;
    const a = plain(1);
    await a.says(/DHCP, sockets bound/);
    const address = await silent!.bind();
    await silent!.fallSilent();
    await a.stop("SIGKILL");
    plain(2);
    assert.equal(await other!.bind(), address);
  },
);

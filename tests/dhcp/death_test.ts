/** A DHCP server dies, and its clients need not know. Cases (a) to (e) and (j) of the service. */
import assert from "node:assert/strict";
import { until } from "../integration/harness.ts";
import { dhcpCase } from "./dhcp_case.ts";
import { type DhcpClient, DhcpLan, type DhcpSite } from "./dhcp_lan.ts";

/** The DHCP server at which a client has its lease, and the other ones. */
async function placeOf(lan: DhcpLan, client: DhcpClient): Promise<[DhcpSite, ...DhcpSite[]]> {
  const { server } = await client.renew();
  const isHome = (each: DhcpSite) => each.hardware === server;
  return [lan.servers.find(isHome)!, ...lan.servers.filter((each) => !isHome(each))];
}

for (const isLive of [true, false]) {
  const how = isLive ? "by D-Bus" : "by restarts";
  dhcpCase(import.meta.url, `a client keeps its address when A is killed, ${how}`, async () => {
    await using lan = await DhcpLan.make({ isLive });
    await lan.start();
    const [client] = lan.clients;
    const address = await client!.bind();
    const [a, b] = await placeOf(lan, client!);
    await lan.knows(address);
    // Live it takes no longer than a client that gets no answer waits before it asks others.
    if (!isLive) await b!.restartedWith((await lan.leases(1)).get(address)!.hardware);
    await a.kill();
    assert.deepEqual(await client!.renew(), { address, server: b!.hardware });
    await a.start();
    await lan.agrees();
    await b!.kill();
    assert.deepEqual(await client!.renew(), { address, server: a.hardware });
  });
}

dhcpCase(
  import.meta.url,
  "a silent client's address is nobody else's after A's death",
  async () => {
    await using lan = await DhcpLan.make({ last: "10.10.1.2" });
    const [a, b] = lan.servers;
    await a!.start();
    const [silent, other] = lan.clients;
    const address = await silent!.bind();
    await b!.start();
    await silent!.fallSilent();
    await a!.kill();
    assert.notEqual(await other!.bind(), address);
  },
);

dhcpCase(import.meta.url, "A comes back: all tables are equal, and check says so", async () => {
  await using lan = await DhcpLan.make();
  await lan.start();
  const [one, two] = lan.clients;
  const address = await one!.bind();
  const [a, b] = await placeOf(lan, one!);
  await lan.knows(address);
  await a.kill();
  await one!.renew();
  const other = await two!.bind();
  await a.start();
  await lan.knows(address, other);
  await b!.kill();
  assert.deepEqual(await one!.renew(), { address, server: a.hardware });
});

dhcpCase(import.meta.url, "a release at B is known at A", async () => {
  await using lan = await DhcpLan.make();
  await lan.start();
  const [client] = lan.clients;
  const address = await client!.bind();
  const [b, a] = await placeOf(lan, client!);
  await lan.knows(address);
  await client!.release();
  await until("the release being known", async () => {
    return (await lan.leases(a!.n)).get(address)?.state !== "BOUND";
  });
  await lan.agrees(b.n);
});

dhcpCase(
  import.meta.url,
  "the home registrar is killed in the middle, and nothing is lost",
  async () => {
    await using lan = await DhcpLan.make();
    for (const site of lan.servers) await site.start({ registrars: [1, 2] });
    const [one, two] = lan.clients;
    const address = await one!.bind();
    await lan.registrars[0]!.stop("SIGKILL");
    const other = await two!.bind();
    assert.equal((await one!.renew()).address, address);
    await until("the other registrar knowing all", async () => {
      const leases = await lan.leases(2);
      return [address, other].every((each) => leases.get(each)?.state === "BOUND");
    });
  },
);

dhcpCase(import.meta.url, "three servers: the last one has every client's address", async () => {
  await using lan = await DhcpLan.make({ servers: 3, clients: 3 });
  await lan.start();
  const addresses = [];
  for (const client of lan.clients) addresses.push(await client.bind());
  assert.equal(new Set(addresses).size, 3);
  await lan.knows(...addresses);
  await lan.servers[0]!.kill();
  await lan.servers[1]!.kill();
  for (const [at, client] of lan.clients.entries()) {
    const server = lan.servers[2]!.hardware;
    assert.deepEqual(await client.renew(), { address: addresses[at], server });
  }
});

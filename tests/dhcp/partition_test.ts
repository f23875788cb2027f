/** Registrars that do not hear each other. Cases (f), (g) and (h) of the service. */
import assert from "node:assert/strict";
import { until } from "../integration/harness.ts";
import { dhcpCase } from "./dhcp_case.ts";
import { DhcpLan, type DhcpSite, POOL } from "./dhcp_lan.ts";
import { run } from "./dnsmasq_network.ts";

dhcpCase(import.meta.url, "cut from each other both serve, and agree once it is over", async () => {
  await using lan = await DhcpLan.make({ clients: 4 });
  await lan.start();
  const [one, two, ...others] = lan.clients;
  const addresses = [await one!.bind(), await two!.bind()];
  await lan.knows(...addresses);
  await lan.cut("s2", "r2");
  for (const client of others) addresses.push(await client.bind());
  assert.equal(new Set(addresses).size, 4);
  assert.equal((await one!.renew()).address, addresses[0]);
  assert.equal((await two!.renew()).address, addresses[1]);
  await lan.heal("s2", "r2");
  await lan.knows(...addresses);
});

dhcpCase(import.meta.url, "a forced conflict ends alike everywhere, and is reported", async () => {
  await using lan = await DhcpLan.make({ clients: 0 });
  await lan.start({ agent: ["-v"] });
  const [a, b] = lan.servers;
  await lan.cut("s2", "r2");
  await force(lan, a!, "10.10.1.5", "02:aa:00:00:00:01");
  await force(lan, b!, "10.10.1.5", "02:aa:00:00:00:02");
  for (const site of [a!, b!]) await site.running!.says(/10\.10\.1\.5 is bound to 02:aa/);
  // A server that hears of the other's client before it has told of its own yields silently.
  for (const n of [1, 2]) {
    await until(`registrar ${n} having its own`, async () => {
      return (await lan.leases(n)).get("10.10.1.5")?.hardware === `02:aa:00:00:00:0${n}`;
    });
  }
  await lan.heal("s2", "r2");
  const winners = await until("one client having it", async () => {
    const hardware = [];
    for (const n of [1, 2]) hardware.push((await lan.leases(n)).get("10.10.1.5")?.hardware);
    return hardware[0] !== undefined && hardware[0] === hardware[1] ? hardware : undefined;
  });
  assert.match(winners[0]!, /^02:aa:00:00:00:0[12]$/);
  // The other registrar may hear only of the winner.
  const ofLoser = winners[0]!.endsWith("1") ? 1 : 0;
  await lan.registrars[ofLoser]!.says(/binding-lost/);
  const { code, stdout } = await lan.ask(1, "dhcp", "check", "--pool", POOL);
  assert.equal(code, 7, stdout);
  assert.match(stdout, /10\.10\.1\.5/);
});

/** A lease that the rules forbid, at a dnsmasq. */
async function force(lan: DhcpLan, { n }: DhcpSite, address: string, mac: string): Promise<void> {
  const bus = await lan.busOf(n);
  const name = "uk.org.thekelleys.dnsmasq";
  const call = [`--dest=${name}`, "/uk/org/thekelleys/dnsmasq", `${name}.AddDhcpLease`];
  const lease = [`string:${address}`, `string:${mac}`, "array:byte:", "array:byte:"];
  const rest = ["uint32:600", "uint32:0", "boolean:false"];
  await run("dbus-send", `--bus=${bus}`, "--print-reply", ...call, ...lease, ...rest);
}

dhcpCase(import.meta.url, "at most one update for each renewal, at whichever server", async () => {
  // What is less than an eighth of a lease is not told, however slow this machine is.
  await using lan = await DhcpLan.make({ lease: 3600 });
  const [home, other] = lan.servers;
  const [client, another] = lan.clients;
  // Alone: what this client is told to renew it asks of all, and all that grant it tell so.
  await home!.start({ agent: ["-vv"] });
  const address = await client!.bind();
  await lan.knows(address);
  assert.equal(home!.published, 1);
  await client!.renew();
  await client!.renew();
  await lan.agrees();
  assert.equal(home!.published, 1, "a renewal that earns nothing is not told");
  await other!.start({ agent: ["-vv"] });
  await lan.knows(address);
  await home!.kill();
  // It takes seconds, as dnsmasq asks whether the address is in use: what follows is another lease.
  const last = await another!.bind();
  await until("that being told", async () => (await lan.leases(other!.n)).has(last));
  const [before, said] = [other!.published, other!.running!.stderr.length];
  assert.equal((await client!.renew()).address, address);
  await other!.running!.says(/bindings-published bindings=1/, said);
  await client!.renew();
  assert.equal(other!.published, before + 1);
});

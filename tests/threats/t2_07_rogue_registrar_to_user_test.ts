/** RFC 5355 §2.7: a malicious ENRP server answers the resolution of a pool handle. */

import assert from "node:assert/strict";
import {
  certificateTransport,
  type NetTransport,
  PoolUser,
  RegistrarUnreachable,
} from "../../mod.ts";
import { tcpTransport } from "../../lib/net/mod.ts";
import { RogueRegistrar, TRAP } from "./rogue_registrar.ts";
import { LIMIT, SecuredCluster } from "./secured_cluster.ts";

Deno.test("RFC 5355 §2.7: “ASAP SHOULD authenticate the ENRP server”", async (t) => {
  await using cluster = await SecuredCluster.make({ registrars: 1 });
  const { authority, foreign } = cluster;
  const other = await cluster.issueRegistrar("r1.example.org", foreign);
  const element = await authority.issue({ names: ["web-2.example.org"], ips: ["127.0.0.1"] });
  const elsewhere = await authority.issue({
    names: ["r9.example.org"],
    ips: ["192.0.2.9"],
    uris: ["rserpool:registrar"],
  });
  const expired = await authority.issue({
    names: ["r1.example.org"],
    ips: ["127.0.0.1"],
    uris: ["rserpool:registrar"],
    notBefore: new Date("2020-01-01T00:00:00Z"),
    notAfter: new Date("2021-01-01T00:00:00Z"),
  });
  const rogues: Readonly<Record<string, () => Promise<NetTransport>>> = {
    "without TLS": () => Promise.resolve(tcpTransport()),
    "with a certificate of another authority": () =>
      certificateTransport(foreign.credentials(other)),
    "with an insider's certificate, which has no role": () => cluster.transport(element),
    "with a registrar's certificate of another host": () => cluster.transport(elsewhere),
    "with a registrar's old certificate": () => cluster.transport(expired),
  };
  for (const [who, over] of Object.entries(rogues)) {
    await t.step(who, async () => {
      await using rogue = await RogueRegistrar.listen(await over());
      const transport = await cluster.transport();
      await using lonely = new PoolUser({ registrars: [rogue.address], transport, once: true });
      const failure = await lonely.resolve("web", { timeoutMs: 1_500 }).catch((error) => error);
      assert(failure instanceof RegistrarUnreachable, JSON.stringify(failure));
      // Who waits for a ClientHello in vain has nothing to say that could be judged.
      const expected = who === "without TLS" ? "timed-out" : "security";
      assert.equal(failure.attempts[0]!.reason, expected, failure.message);
      const registrars = [rogue.address, ...cluster.asap];
      await using wise = new PoolUser({ registrars, transport, once: true, staggerMs: 50 });
      const { poolElements } = await wise.resolve("web", LIMIT);
      assert.deepEqual(poolElements.map((each) => each.identifier), [cluster.element.identifier]);
      assert.deepEqual(rogue.heard, []);
    });
  }
  await t.step(
    "without security the same rogue is believed: the attack is a real one",
    async () => {
      await using rogue = await RogueRegistrar.listen(tcpTransport());
      await using user = new PoolUser({ registrars: [rogue.address], once: true });
      const { poolElements } = await user.resolve("web", LIMIT);
      assert.deepEqual(poolElements.map((each) => each.identifier), [TRAP.identifier]);
    },
  );
});

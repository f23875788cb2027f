/** RFC 5355 §2.6: a pool element registers at a malicious ENRP server without knowing it. */

import assert from "node:assert/strict";
import {
  certificateTransport,
  type NetTransport,
  PoolElement,
  RegistrarUnreachable,
} from "../../mod.ts";
import { tcpTransport } from "../../lib/net/mod.ts";
import { RogueRegistrar } from "./rogue_registrar.ts";
import { LIMIT, SecuredCluster } from "./secured_cluster.ts";

Deno.test("RFC 5355 §2.6: “The PE MUST authenticate the ENRP server”", async (t) => {
  await using cluster = await SecuredCluster.make({ registrars: 1 });
  const { authority, foreign } = cluster;
  const other = await cluster.issueRegistrar("r1.example.org", foreign);
  const element = await authority.issue({ names: ["web-2.example.org"], ips: ["127.0.0.1"] });
  const elsewhere = await authority.issue({
    names: ["r9.example.org"],
    ips: ["192.0.2.9"],
    uris: ["rserpool:registrar"],
  });
  const rogues: Readonly<Record<string, () => Promise<NetTransport>>> = {
    "without TLS": () => Promise.resolve(tcpTransport()),
    "with a certificate of another authority": () =>
      certificateTransport(foreign.credentials(other)),
    "with an insider's certificate, which has no role": () => cluster.transport(element),
    "with a registrar's certificate of another host": () => cluster.transport(elsewhere),
  };
  for (const [who, over] of Object.entries(rogues)) {
    await t.step(who, async () => {
      await using rogue = await RogueRegistrar.listen(await over());
      const transport = await cluster.transport(await cluster.issue("web-3.example.org"));
      const settings = { poolHandle: "web", port: 80, addresses: ["192.0.2.30"], transport };
      // Only the rogue is known: nothing is registered, and why is told.
      await using lonely = new PoolElement({ ...settings, registrars: [rogue.address] });
      const failure = await lonely.register({ timeoutMs: 1_500 }).catch((error) => error);
      assert(failure instanceof RegistrarUnreachable, String(failure));
      // Who waits for a ClientHello in vain has nothing to say that could be judged.
      const expected = who === "without TLS" ? "timed-out" : "security";
      assert.equal(failure.attempts[0]!.reason, expected, failure.message);
      // The real one is known, too: it is found.
      const registrars = [rogue.address, ...cluster.asap];
      await using wise = new PoolElement({
        ...settings,
        registrars,
        order: "given",
        staggerMs: 50,
      });
      await wise.register(LIMIT);
      await wise.deregister(LIMIT);
      assert.deepEqual(rogue.heard, []);
    });
  }
});

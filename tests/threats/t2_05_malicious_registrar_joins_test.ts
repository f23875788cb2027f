/** RFC 5355 §2.5: a malicious ENRP server joins the group to corrupt the handlespace. */

import assert from "node:assert/strict";
import {
  ADD_PE,
  CAUSE,
  certificateTransport,
  DEL_PE,
  type EnrpMessage,
  type NetTransport,
} from "../../mod.ts";
import { REGISTRAR } from "../net/certificates.ts";
import { codesOf, registration, SecuredCluster, Speaker } from "./secured_cluster.ts";

const ROGUE = 0xbad;

/** What it would say: a presence, an element of its own, one less of theirs, and a takeover. */
function lies(target: number, victim: number, sender = ROGUE): EnrpMessage[] {
  const between = { sender, receiver: target };
  const { poolElement } = registration(0x666);
  const update = { type: "ENRP_HANDLE_UPDATE", ...between, takeoverSuggestion: false } as const;
  return [
    { type: "ENRP_PRESENCE", ...between, replyRequired: true },
    { ...update, action: ADD_PE, poolHandle: "web", poolElement: { ...poolElement, home: sender } },
    {
      ...update,
      action: DEL_PE,
      poolHandle: "web",
      poolElement: { ...poolElement, identifier: victim, home: target },
    },
    { type: "ENRP_INIT_TAKEOVER", ...between, target },
    { type: "ENRP_TAKEOVER_SERVER", ...between, target },
  ];
}

Deno.test("RFC 5355 §2.5: “ENRP servers MUST perform mutual authentication”", async (t) => {
  await using cluster = await SecuredCluster.make();
  const { authority, foreign, element } = cluster;
  const [target] = cluster.registrars;
  const stranger = await cluster.issueRegistrar("r2.example.org", foreign);
  const withoutRole = await authority.issue({ names: ["r3.example.org"], ips: ["127.0.0.1"] });
  const attackers: Readonly<Record<string, () => Promise<NetTransport | undefined>>> = {
    "without TLS": () => Promise.resolve(undefined),
    "without a certificate": () => cluster.transport(),
    "with a certificate of another authority": () =>
      certificateTransport(authority.credentials(stranger)),
    "with the certificate of a pool element": async () =>
      cluster.transport(await cluster.issue("web-2.example.org")),
    "with an operator's certificate": async () => cluster.transport(await cluster.issue("oncall")),
    "with the name of a registrar and without the role": () => cluster.transport(withoutRole),
    "with the role and without the permission": async () =>
      cluster.transport(await authority.issue({ names: ["web-3.example.org"], uris: [REGISTRAR] })),
  };
  for (const [who, over] of Object.entries(attackers)) {
    await t.step(who, async () => {
      const transport = await over();
      const at = transport === undefined ? target!.enrp[0]! : target!.enrpTls[0]!;
      await using attacker = await Speaker.enrp(at, transport).catch(() => undefined);
      const said = lies(target!.identifier, element.identifier);
      attacker?.say(...said);
      for (const _ of said) {
        const answer = await attacker?.hear();
        if (answer === undefined) break;
        assert.equal(answer.type, "ENRP_ERROR");
        assert.deepEqual(codesOf(answer as EnrpMessage & { type: "ENRP_ERROR" }), [
          CAUSE.rejectedDueToSecurityConsiderations,
        ]);
      }
      await cluster.assertUntouched();
    });
  }
  await t.step("nobody of them became a peer", () => {
    const discovered = cluster.events.flatMap((each) => each.of("peer-discovered"));
    assert.deepEqual(discovered.map(({ peer }) => peer).sort(), [1, 2]);
  });
  await t.step("the operator sees who tried", () => {
    const why = cluster.events[0]!.of("refused").map((each) => each.why).join("\n");
    for (const who of ["without security", "shows no certificate", "web-2", "oncall", "r3"]) {
      assert(why.includes(who), `${who} is not among\n${why}`);
    }
  });
});

Deno.test("RFC 5355 §2.5: a registrar joins nobody who is not authenticated", async () => {
  await using cluster = await SecuredCluster.make({ registrars: 1 });
  // It is told to dial the attacker, who has a certificate of another authority.
  const stranger = await cluster.issueRegistrar("r2.example.org", cluster.foreign);
  const rogue = await certificateTransport(cluster.foreign.credentials(stranger));
  let heard = 0;
  const tls = { role: "server", protocol: "enrp" } as const;
  const listener = await rogue.listen({ host: "127.0.0.1", port: 0 }, () => heard++, { tls });
  const identity = { mentors: [listener.address], identifier: 7 };
  await using second = await SecuredCluster.make({ registrars: 1, settings: identity });
  await second.events[0]!.first("peer-unreachable", ({ reason }) => reason === "security");
  assert.equal(heard, 0);
  await second.assertUntouched();
  await listener.close();
});

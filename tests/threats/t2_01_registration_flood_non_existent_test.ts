/** RFC 5355 §2.1: a flood of registrations of pool elements that do not exist. */

import assert from "node:assert/strict";
import { CAUSE, certificateTransport } from "../../mod.ts";
import { codesOf, registration, SecuredCluster, Speaker } from "./secured_cluster.ts";

const FLOOD = 500;
const REFUSED: readonly number[] = [
  CAUSE.rejectedDueToSecurityConsiderations,
  CAUSE.lackOfResources,
];

Deno.test(
  "RFC 5355 §2.1: “MUST NOT create or update state information until it has authenticated the PE”",
  async (t) => {
    await using cluster = await SecuredCluster.make({ rates: { registrationsPerSecond: 20 } });
    const [target] = cluster.registrars;
    const attackers = {
      "without TLS": () => Speaker.asap(target!.asap[0]!),
      "without a certificate": async () =>
        await Speaker.asap(target!.asapTls[0]!, await cluster.transport()),
    };
    for (const [who, connect] of Object.entries(attackers)) {
      await t.step(who, async () => {
        await using attacker = await connect();
        for (let i = 1; i <= FLOOD; i++) attacker.say(registration(i));
        for (let i = 1; i <= FLOOD; i++) {
          const response = await attacker.hearOf("ASAP_REGISTRATION_RESPONSE");
          assert.equal(response.reject, true);
          assert(codesOf(response).every((code) => REFUSED.includes(code)));
        }
        await cluster.assertUntouched();
      });
    }
    await t.step("with a certificate of another authority", async () => {
      const stranger = await cluster.foreign.issue({ names: ["web-1.example.org"] });
      const over = await certificateTransport(cluster.authority.credentials(stranger));
      await using attacker = await Speaker.asap(target!.asapTls[0]!, over).catch(() => undefined);
      attacker?.say(registration(1));
      assert.equal(await attacker?.hear(), undefined, "it is heard");
      await cluster.assertUntouched();
    });
    await t.step("the operator sees it, and is not flooded himself", () => {
      const [events] = cluster.events;
      const [rejected] = events!.of("registration-rejected");
      assert.match(rejected!.why, /whoever comes without security may not register in pool "web"/);
      const limited = events!.of("rate-limited");
      assert(limited.length > 0 && limited.length < 40, `${limited.length} times`);
      assert.equal(limited[0]!.who, "127.0.0.1");
      assert(
        events!.of("handshake-refused").some(({ why }) => /authority|issued|ca\.pem/.test(why)),
      );
    });
  },
);

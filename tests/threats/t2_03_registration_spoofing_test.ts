/** RFC 5355 §2.3: registrations and de-registrations that concern somebody else's pool element. */

import assert from "node:assert/strict";
import { CAUSE } from "../../mod.ts";
import { codesOf, registration, SecuredCluster, Speaker } from "./secured_cluster.ts";

const SECURITY = [CAUSE.rejectedDueToSecurityConsiderations];

Deno.test(
  "RFC 5355 §2.3: “A PE can register only for itself and cannot register on behalf of other PEs”",
  async (t) => {
    await using cluster = await SecuredCluster.make();
    // An insider: it may register in the pool web, and wants to be web-1.
    const over = await cluster.transport(await cluster.issue("web-2.example.org"));
    const { identifier } = cluster.element;
    for (const [i, at] of cluster.asap.entries()) {
      const where = i === 0 ? "at its home" : "at another registrar";
      await t.step(`re-registering another's element ${where}`, async () => {
        await using attacker = await Speaker.asap(at, over);
        attacker.say(registration(identifier));
        const response = await attacker.hearOf("ASAP_REGISTRATION_RESPONSE");
        assert.equal(response.reject, true);
        assert.deepEqual(codesOf(response), SECURITY);
        await cluster.assertUntouched();
      });
      await t.step(`de-registering it ${where}`, async () => {
        await using attacker = await Speaker.asap(at, over);
        attacker.say({ type: "ASAP_DEREGISTRATION", poolHandle: "web", peIdentifier: identifier });
        const response = await attacker.hearOf("ASAP_DEREGISTRATION_RESPONSE");
        assert.deepEqual(codesOf(response), SECURITY);
        await cluster.assertUntouched();
      });
      await t.step(`answering for it ${where}`, async () => {
        await using attacker = await Speaker.asap(at, over);
        const peIdentifier = identifier;
        attacker.say({ type: "ASAP_ENDPOINT_KEEP_ALIVE_ACK", poolHandle: "web", peIdentifier });
        await cluster.events[i]!.first(
          "refused",
          ({ why }) => /web-2.* may not act for a pool element of another identity/.test(why),
        );
        await cluster.assertUntouched();
      });
    }
  },
);

Deno.test("RFC 5355 §2.3: no element is registered at somebody else's address", async () => {
  const settings = { addressCheck: "observed" } as const;
  await using cluster = await SecuredCluster.make({
    registrars: 1,
    settings,
    element: { addresses: ["127.0.0.1"] },
  });
  const over = await cluster.transport(await cluster.issue("web-2.example.org"));
  await using attacker = await Speaker.asap(cluster.asap[0]!, over);
  // 203.0.113.66 is whom the pool's users are to be sent to: the victim of a denial of service.
  attacker.say(registration(66));
  const response = await attacker.hearOf("ASAP_REGISTRATION_RESPONSE");
  assert.equal(response.reject, true);
  assert.deepEqual(codesOf(response), [CAUSE.invalidValues]);
  assert.deepEqual((await cluster.resolve()).map((each) => each.identifier), [
    cluster.element.identifier,
  ]);
});

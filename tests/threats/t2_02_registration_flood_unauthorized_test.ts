/** RFC 5355 §2.2: a flood of registrations by somebody who is known and may not register. */

import assert from "node:assert/strict";
import { CAUSE } from "../../mod.ts";
import { codesOf, registration, SecuredCluster, Speaker } from "./secured_cluster.ts";

const FLOOD = 500;
const PER_SECOND = 20;
const BURST_SECONDS = 2;
const rates = { registrationsPerSecond: PER_SECOND, burstSeconds: BURST_SECONDS };

Deno.test(
  "RFC 5355 §2.2: “MUST NOT create or update state information until the authentication " +
    "information of the registering/de-registering entity is verified”",
  async (t) => {
    await using cluster = await SecuredCluster.make({ rates });
    const [target] = cluster.registrars;
    await t.step("an identity that may register in another pool only", async () => {
      const over = await cluster.transport(await cluster.issue("mail-1.example.org"));
      await using attacker = await Speaker.asap(target!.asapTls[0]!, over);
      for (let i = 1; i <= FLOOD; i++) attacker.say(registration(i));
      let refusals = 0;
      for (let i = 1; i <= FLOOD; i++) {
        const response = await attacker.hearOf("ASAP_REGISTRATION_RESPONSE");
        assert.equal(response.reject, true);
        if (codesOf(response)[0] === CAUSE.rejectedDueToSecurityConsiderations) refusals++;
      }
      assert(refusals >= PER_SECOND, `${refusals} refusals`);
      await cluster.assertUntouched();
    });
    await t.step(
      "an identity that may register floods its own pool, and gets no further",
      async () => {
        const over = await cluster.transport(await cluster.issue("mail-2.example.org"));
        const began = performance.now();
        await using attacker = await Speaker.asap(target!.asapTls[0]!, over);
        for (let i = 1; i <= FLOOD; i++) attacker.say(registration(i, "mail"));
        let granted = 0;
        for (let i = 1; i <= FLOOD; i++) {
          const response = await attacker.hearOf("ASAP_REGISTRATION_RESPONSE");
          if (!response.reject) granted++;
          else assert.deepEqual(codesOf(response), [CAUSE.lackOfResources]);
        }
        // However slow this host is: the rate is a bound in its own time.
        const seconds = (performance.now() - began) / 1000;
        assert(granted <= PER_SECOND * (BURST_SECONDS + seconds) + 1, `${granted} in ${seconds} s`);
        assert(granted >= PER_SECOND, `${granted} granted`);
        await cluster.assertUntouched();
      },
    );
    await t.step("the operator sees who it is", () => {
      const [events] = cluster.events;
      assert.match(
        events!.of("registration-rejected")[0]!.why,
        /certificate:mail-1\.example\.org may not register in pool "web"/,
      );
      const limited = events!.of("rate-limited").map(({ who }) => who);
      assert(limited.includes("certificate:mail-2.example.org"), limited.join());
    });
  },
);

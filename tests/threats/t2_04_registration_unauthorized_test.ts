/** RFC 5355 §2.4: a pool element that may not join a pool registers in it. */

import assert from "node:assert/strict";
import { CAUSE, PoolElement, RegistrationRejected } from "../../mod.ts";
import { LIMIT, SecuredCluster } from "./secured_cluster.ts";

Deno.test(
  "RFC 5355 §2.4: “MUST NOT create or update state information until it has authorized the " +
    "requesting entity”",
  async (t) => {
    await using cluster = await SecuredCluster.make();
    const names = ["mail-1.example.org", "oncall", "r3.example.org", "web.evil.example"];
    for (const name of names) {
      await t.step(`${name} registers in the pool web`, async () => {
        const issued = name.startsWith("r3")
          ? await cluster.issueRegistrar(name)
          : await cluster.issue(name);
        await using element = new PoolElement({
          registrars: cluster.asap,
          poolHandle: "web",
          port: 666,
          transport: await cluster.transport(issued),
        });
        const rejection = await element.register(LIMIT).then(() => undefined, (error) => error);
        assert(rejection instanceof RegistrationRejected, String(rejection));
        assert.deepEqual(rejection.causes.map(({ code }) => code), [
          CAUSE.rejectedDueToSecurityConsiderations,
        ]);
        await cluster.assertUntouched();
      });
    }
    await t.step("the operator sees who wanted to be where", () => {
      // Each of them picked one of both registrars.
      const told = cluster.events.flatMap((each) => each.of("registration-rejected"));
      assert.deepEqual(
        told.map(({ why }) => why).sort(),
        names.map((name) => `certificate:${name} may not register in pool "web"`).sort(),
      );
    });
  },
);

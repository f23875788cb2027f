/** RFC 5355 §2.13: a pool user floods the ENRP server with ASAP_ENDPOINT_UNREACHABLE. */

import assert from "node:assert/strict";
import { DEFAULT_LIMITS, PoolUser } from "../../mod.ts";
import { RogueRegistrar } from "./rogue_registrar.ts";
import { LIMIT, SecuredCluster, Speaker } from "./secured_cluster.ts";

const FLOOD = 1_000;
const REPORTS_PER_SECOND = 5;
const BURST_SECONDS = 2;

Deno.test(
  "RFC 5355 §2.13: “The number of endpoint unreachable messages sent to the ENRP server from the " +
    "PU SHOULD be limited”",
  async (t) => {
    await using cluster = await SecuredCluster.make({ registrars: 1 });
    const { maxReportsPerSecond } = DEFAULT_LIMITS;
    // A registrar that is one, and does nothing but count.
    const over = await cluster.transport(await cluster.issueRegistrar("r9.example.org"));
    for (const [what, elements] of [["one element", 1], ["many elements", FLOOD]] as const) {
      await t.step(`a user that reports ${what} ${FLOOD} times limits itself`, async () => {
        await using counter = await RogueRegistrar.listen(over);
        const transport = await cluster.transport();
        await using user = new PoolUser({ registrars: [counter.address], transport });
        await user.resolve("web", LIMIT);
        const began = performance.now();
        for (let i = 0; i < FLOOD; i++) user.reportUnreachable("web", 1 + i % elements);
        // What was said before this answer has been heard with it.
        await user.resolve("mail", LIMIT);
        const seconds = (performance.now() - began) / 1000;
        const reports = counter.heard.filter(({ type }) => type === "ASAP_ENDPOINT_UNREACHABLE");
        const most = elements === 1 ? 1 : maxReportsPerSecond;
        assert(reports.length >= 1);
        assert(reports.length <= most * (1 + seconds), `${reports.length} in ${seconds} s`);
      });
    }
  },
);

Deno.test("RFC 5355 §2.13: a user that does not limit itself is limited", async (t) => {
  const rates = { reportsPerSecond: REPORTS_PER_SECOND, burstSeconds: BURST_SECONDS };
  await using cluster = await SecuredCluster.make({ registrars: 1, rates });
  const [events] = cluster.events;
  const { identifier: peIdentifier } = cluster.element;
  for (const who of ["anonymous", "web-2.example.org"]) {
    await t.step(who, async () => {
      const issued = who === "anonymous" ? undefined : await cluster.issue(who);
      const over = await cluster.transport(issued);
      await using attacker = await Speaker.asap(cluster.asap[0]!, over);
      const began = performance.now();
      const before = events!.of("unreachable-reported").length;
      for (let i = 0; i < FLOOD; i++) {
        attacker.say({ type: "ASAP_ENDPOINT_UNREACHABLE", poolHandle: "web", peIdentifier });
      }
      // Others are answered, and the element is there.
      await cluster.assertUntouched();
      const name = who === "anonymous" ? "127.0.0.1" : `certificate:${who}`;
      const limited = await events!.first("rate-limited", (each) => each.who === name);
      assert.equal(limited.kind, "reports");
      // Who does it is answered at last, when all of it is over.
      attacker.say({ type: "ASAP_HANDLE_RESOLUTION", poolHandle: "web", dynamicUpdates: false });
      await attacker.hearOf("ASAP_HANDLE_RESOLUTION_RESPONSE");
      const seconds = (performance.now() - began) / 1000;
      const heard = events!.of("unreachable-reported").length - before;
      const most = REPORTS_PER_SECOND * (BURST_SECONDS + seconds) + 1;
      assert(heard <= most, `${heard} in ${seconds} s`);
      await cluster.assertUntouched();
    });
  }
  await t.step("without a word by TLS nothing is reported at all", async () => {
    await using attacker = await Speaker.asap(cluster.registrars[0]!.asap[0]!);
    attacker.say({ type: "ASAP_ENDPOINT_UNREACHABLE", poolHandle: "web", peIdentifier });
    const { why } = await events!.first("refused");
    assert.match(why, /may not report elements of pool "web"/);
  });
  await cluster.assertUntouched();
});

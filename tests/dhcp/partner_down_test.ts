/** A dead server's share is free on an operator's word, one lease later. Case (i). */
import assert from "node:assert/strict";
import { until } from "../integration/harness.ts";
import { dhcpCase } from "./dhcp_case.ts";
import { DhcpLan, LEASE, POOL } from "./dhcp_lan.ts";

dhcpCase(
  import.meta.url,
  "partner-down waits for one lease time, then the share is free",
  async () => {
    await using lan = await DhcpLan.make({ last: "10.10.1.2" });
    await lan.start();
    const [a, b] = lan.servers;
    const word = ["dhcp", "partner-down", a!.name, "--pool", POOL];
    await until("both being known to B's registrar", async () => {
      const { stdout } = await lan.ask(2, "resolve", POOL, "-ojson");
      return JSON.parse(stdout).poolElements.length === 2;
    });
    const early = await lan.ask(2, ...word);
    assert.notEqual(early.code, 0);
    assert.match(early.stderr, /dhcp1 is heard/);
    await a!.kill();
    const saidAt = await until("the word being taken", async () => {
      const askedAt = performance.now();
      const { code, stderr } = await lan.ask(2, ...word);
      if (code !== 0) throw new Error(stderr);
      return askedAt;
    });
    const [one, two] = lan.clients;
    assert.equal(await one!.bind(), "10.10.1.2", "B's own share");
    assert.equal(await patiently(() => two!.bind()), "10.10.1.1", "A's, once it is free");
    assert(performance.now() - saidAt >= LEASE * 1000, "not before");
    await a!.start({ registrars: [1] });
    await lan.knows("10.10.1.1", "10.10.1.2");
    await b!.kill();
    assert.deepEqual(await two!.renew(), { address: "10.10.1.1", server: a!.hardware });
  },
);

/** A lease time is longer than what a test waits for at once. */
async function patiently(bind: () => Promise<string>): Promise<string> {
  for (let waits = 0; waits < 3; waits++) {
    try {
      return await bind();
    } catch (error) {
      if (!(error instanceof assert.AssertionError)) throw error;
    }
  }
  return await bind();
}

/** RFC 5355 §2.14: an ENRP server, or somebody by means of it, floods a PE with keep-alives. */

import assert from "node:assert/strict";
import {
  type AsapMessage,
  certificateTransport,
  DEFAULT_LIMITS,
  Observer,
  type PoolElementEvent,
  type SecureTransport,
} from "../../mod.ts";
import { LIMIT, SecuredCluster, Speaker } from "./secured_cluster.ts";

const FLOOD = 10_000;
const REPORTS = 500;
/** Nobody is kept from reporting: it is the keep-alives that are limited. */
const rates = { reportsPerSecond: 1_000_000 };

const KEEP_ALIVE: AsapMessage = {
  type: "ASAP_ENDPOINT_KEEP_ALIVE",
  serverIdentifier: 3,
  poolHandle: "web",
  home: false,
};

/** A cluster, and what its element tells. */
async function attacked() {
  const told: PoolElementEvent[] = [];
  const element = { onEvent: (event: PoolElementEvent) => void told.push(event) };
  const cluster = await SecuredCluster.make({ registrars: 1, rates, element });
  const [registrar] = cluster.registrars;
  // Whoever may read the table sees where the ASAP endpoint is.
  await using observer = new Observer({
    registrars: registrar!.enrpTls,
    transport: await cluster.transport(await cluster.issue("oncall")),
  });
  const { pools } = await observer.handleTable(LIMIT);
  const { asapTransport } = pools[0]!.poolElements[0]!;
  assert(asapTransport?.protocol === "tcp");
  const endpoint = { host: "127.0.0.1", port: asapTransport.port };
  return { cluster, told, endpoint };
}

Deno.test("RFC 5355 §2.14: a flood of reports makes none of keep-alives", async () => {
  const { cluster, told } = await attacked();
  await using _ = cluster;
  const began = performance.now();
  await using attacker = await Speaker.asap(cluster.asap[0]!, await cluster.transport());
  const { identifier: peIdentifier } = cluster.element;
  for (let i = 0; i < REPORTS; i++) {
    attacker.say({ type: "ASAP_ENDPOINT_UNREACHABLE", poolHandle: "web", peIdentifier });
  }
  attacker.say({ type: "ASAP_HANDLE_RESOLUTION", poolHandle: "web", dynamicUpdates: false });
  await attacker.hearOf("ASAP_HANDLE_RESOLUTION_RESPONSE");
  await cluster.assertUntouched();
  const seconds = (performance.now() - began) / 1000;
  const asked = told.filter(({ type }) => type === "keep-alive").length;
  const perSecond = 1_000 / DEFAULT_LIMITS.reportProbeIntervalMs;
  // One on registering, one for the reports at once, and those of the cycle.
  assert(asked <= 3 + 2 * seconds * perSecond, `${asked} in ${seconds} s`);
  assert(cluster.events[0]!.of("unreachable-reported").length > 0);
});

Deno.test("RFC 5355 §2.14: a registrar that turned malicious floods the element", async () => {
  const { cluster, told, endpoint } = await attacked();
  await using _ = cluster;
  const over = await cluster.transport(await cluster.issueRegistrar("r3.example.org"));
  await using attacker = await Speaker.toElement(endpoint, over);
  const began = performance.now();
  for (let i = 0; i < FLOOD; i++) attacker.say(KEEP_ALIVE);
  // The end of its words: an element that has read them all says no more.
  await attacker.connection.closeWrite();
  let answers = 0;
  for (let next = await attacker.hear(); next !== undefined; next = await attacker.hear()) {
    assert.equal(next.type, "ASAP_ENDPOINT_KEEP_ALIVE_ACK");
    answers++;
  }
  const seconds = (performance.now() - began) / 1000;
  const { maxKeepAlivesPerSecond } = DEFAULT_LIMITS;
  assert(answers > 0);
  assert(answers <= maxKeepAlivesPerSecond * (2 + seconds) + 1, `${answers} in ${seconds} s`);
  assert.equal(cluster.element.home, cluster.registrars[0]!.identifier);
  await cluster.assertUntouched();
  // The element's operator sees it.
  assert(told.some((event) => event.type === "discarded" && /too soon/.test(event.why)));
});

Deno.test("RFC 5355 §2.14: somebody who is no registrar does not get in", async (t) => {
  const { cluster, told, endpoint } = await attacked();
  await using _ = cluster;
  const { authority, foreign } = cluster;
  const stranger = await cluster.issueRegistrar("r1.example.org", foreign);
  const withoutRole = await authority.issue({ names: ["web-2.example.org"], ips: ["127.0.0.1"] });
  const outsiders: Readonly<Record<string, SecureTransport | undefined>> = {
    "without TLS": undefined,
    "with a certificate of another authority": await certificateTransport(
      authority.credentials(stranger),
    ),
    "with the certificate of a pool element": await cluster.transport(withoutRole),
  };
  for (const [who, over] of Object.entries(outsiders)) {
    await t.step(who, async () => {
      const before = told.filter(({ type }) => type === "keep-alive").length;
      await using attacker = await Speaker.toElement(endpoint, over).catch(() => undefined);
      for (let i = 0; i < 100; i++) attacker?.say(KEEP_ALIVE);
      if (over !== undefined) assert.equal(await attacker?.hear(), undefined);
      await cluster.assertUntouched();
      assert.equal(told.filter(({ type }) => type === "keep-alive").length, before);
    });
  }
  await t.step("the element's operator sees who knocks", () => {
    const refused = told.filter((event) => event.type === "handshake-refused");
    assert(refused.length > 0);
  });
});

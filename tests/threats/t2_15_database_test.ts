/** RFC 5355 §2.15: an ENRP database that is secure in part. */

import assert from "node:assert/strict";
import {
  ADD_PE,
  type AsapMessage,
  CAUSE,
  DEL_PE,
  type EnrpMessage,
  PoolElement,
  PoolUser,
  Registrar,
} from "../../mod.ts";
import { ANY } from "../driver/secured.ts";
import {
  codesOf,
  Events,
  LIMIT,
  registration,
  SecuredCluster,
  Speaker,
} from "./secured_cluster.ts";

const SECURITY = [CAUSE.rejectedDueToSecurityConsiderations];
const SENDER = 0xbad;
const PLAIN = { asap: ANY, enrp: ANY, addressCheck: "any" } as const;

/** What somebody without TLS may ask and change: nothing. */
function asapRequests(peIdentifier: number): Extract<AsapMessage, { poolHandle: string }>[] {
  return [
    registration(0x666),
    registration(peIdentifier),
    { type: "ASAP_DEREGISTRATION", poolHandle: "web", peIdentifier },
    { type: "ASAP_ENDPOINT_UNREACHABLE", poolHandle: "web", peIdentifier },
  ];
}

function enrpMessages(receiver: number, identifier: number): EnrpMessage[] {
  const { poolElement } = registration(identifier);
  return [SENDER, 0].flatMap((sender): EnrpMessage[] => {
    const between = { sender, receiver };
    const update = { ...between, takeoverSuggestion: false, poolHandle: "web" };
    const element = { ...poolElement, home: sender };
    return [
      { type: "ENRP_PRESENCE", ...between, replyRequired: true },
      { type: "ENRP_LIST_REQUEST", ...between },
      { type: "ENRP_HANDLE_TABLE_REQUEST", ...between, ownChildrenOnly: false },
      { type: "ENRP_HANDLE_UPDATE", ...update, action: ADD_PE, poolElement: element },
      { type: "ENRP_HANDLE_UPDATE", ...update, action: DEL_PE, poolElement: element },
    ];
  });
}

/** Asks all that, and hears no more than refusals. */
async function assertRefused(cluster: SecuredCluster): Promise<void> {
  const [target] = cluster.registrars;
  const { identifier } = cluster.element;
  for (const request of asapRequests(identifier)) {
    await using speaker = await Speaker.asap(target!.asap[0]!);
    speaker.say(request);
    const answer = await speaker.hear();
    assert.deepEqual(codesOf(answer as Parameters<typeof codesOf>[0]), SECURITY, request.type);
  }
  for (const message of enrpMessages(target!.identifier, identifier)) {
    await using speaker = await Speaker.enrp(target!.enrp[0]!);
    speaker.say(message);
    const error = await speaker.hearOf("ENRP_ERROR");
    assert.deepEqual(codesOf(error), SECURITY, message.type);
    if (!message.type.endsWith("_REQUEST")) continue;
    const answer = await speaker.hear();
    assert(answer !== undefined && "reject" in answer);
    assert.equal(answer.reject, true);
    assert.deepEqual("servers" in answer ? answer.servers : "pools" in answer && answer.pools, []);
  }
}

Deno.test(
  "RFC 5355 §2.15: “any information not sent using TLS to a secure ENRP server MUST be rejected”",
  async (t) => {
    await using cluster = await SecuredCluster.make();
    await t.step("registrations, reports, updates, tables and lists", async () => {
      await assertRefused(cluster);
      await cluster.assertUntouched();
    });
    await t.step("a user is not answered either", async () => {
      await using speaker = await Speaker.asap(cluster.registrars[0]!.asap[0]!);
      speaker.say({ type: "ASAP_HANDLE_RESOLUTION", poolHandle: "web", dynamicUpdates: true });
      const answer = await speaker.hearOf("ASAP_HANDLE_RESOLUTION_RESPONSE");
      assert.deepEqual(codesOf(answer as Parameters<typeof codesOf>[0]), SECURITY);
    });
    await t.step("the operator sees it", () => {
      const [events] = cluster.events;
      assert(events!.of("refused").every(({ why }) => why.includes("without security")));
      assert(events!.of("refused").length > 0);
    });
  },
);

Deno.test("RFC 5355 §2.15: --allow-insecure-resolution lets users resolve, no more", async () => {
  await using cluster = await SecuredCluster.make({ allowInsecureResolution: true });
  const registrars = cluster.registrars[0]!.asap;
  await using user = new PoolUser({ registrars });
  const { poolElements } = await user.resolve("web", LIMIT);
  assert.deepEqual(poolElements.map(({ identifier }) => identifier), [cluster.element.identifier]);
  await assertRefused(cluster);
  await cluster.assertUntouched();
});

Deno.test(
  "RFC 5355 §2.15: “MUST NOT accept updates from other ENRP servers that do not use security " +
    "mechanisms”",
  async (t) => {
    const theirs = new Events();
    await t.step("an insecure registrar has a secured one as its mentor", async () => {
      await using cluster = await SecuredCluster.make({ registrars: 1 });
      const [secured] = cluster.registrars;
      const { onEvent } = theirs;
      const stopped = new AbortController();
      const insecure = Registrar.start({
        ...PLAIN,
        mentors: secured!.enrp,
        onEvent,
        signal: stopped.signal,
      });
      // It serves nobody beside one that refuses it: there would be two handlespaces.
      const { refusedBy } = await theirs.first("peer-refused");
      assert.equal(refusedBy, "peer");
      // The operator of the secured one sees it.
      await cluster.events[0]!.first("refused", ({ why }) => why.includes("without security"));
      stopped.abort();
      await assert.rejects(insecure, { name: "AbortError" });
      assert.deepEqual(theirs.of("pool-element-updated"), []);
      assert.deepEqual(theirs.of("serving"), []);
      await cluster.assertUntouched();
    });
    await t.step("a secured registrar has an insecure one as its mentor", async () => {
      await using insecure = await Registrar.start(PLAIN);
      await using element = elementOf(insecure);
      await element.register(LIMIT);
      const settings = { mentors: insecure.enrp };
      await using cluster = await SecuredCluster.make({ registrars: 1, settings });
      await cluster.events[0]!.first("peer-unreachable");
      await assertApart(cluster, insecure);
      assert.deepEqual(cluster.events[0]!.of("peer-discovered"), []);
    });
    await t.step("two insecure ones do exchange what they have", async () => {
      await using first = await Registrar.start(PLAIN);
      await using element = elementOf(first);
      await element.register(LIMIT);
      await using second = await Registrar.start({ ...PLAIN, mentors: first.enrp });
      assert.deepEqual(await listed(second), [element.identifier]);
    });
  },
);

function elementOf({ asap: registrars }: Registrar): PoolElement {
  return new PoolElement({ registrars, poolHandle: "web", port: 8088, asap: false });
}

async function listed({ asap: registrars }: Registrar): Promise<number[]> {
  await using user = new PoolUser({ registrars, once: true });
  return (await user.resolve("web", LIMIT)).poolElements.map(({ identifier }) => identifier);
}

/** What registers at one is not at the other. */
async function assertApart(cluster: SecuredCluster, insecure: Registrar): Promise<void> {
  await using element = elementOf(insecure);
  await element.register(LIMIT);
  const there = await listed(insecure);
  assert(!there.includes(cluster.element.identifier));
  assert(there.includes(element.identifier));
  await cluster.assertUntouched();
}

/**
 * RFC 5355 §2.17: attacks by a legitimate ENRP server. "True protection against misbehavior by
 * authentic (but rogue) servers is beyond the capability of TLS security mechanisms": what the rest
 * of the protocol still refuses it, and what it does not (docs/security.md).
 */

import assert from "node:assert/strict";
import {
  ADD_PE,
  CAUSE,
  DEL_PE,
  type EnrpMessage,
  type PoolElementValue,
  type SecureTransport,
} from "../../mod.ts";
import { codesOf, registration, SecuredCluster, Speaker } from "./secured_cluster.ts";

/** The identifiers of the cluster's registrars; an insider picks its own. */
const [FIRST, SECOND] = [1, 2];
const SMALLER = { identifier: 1_000 } as const;
const INSIDER = 7;
const OWNER = { kind: "certificate", digest: "66".repeat(16) } as const;

/** A registrar that is a peer of the first, and says what it likes. */
async function insiderOf(
  cluster: SecuredCluster,
  over: SecureTransport,
  sender = INSIDER,
): Promise<Speaker<EnrpMessage>> {
  const insider = await Speaker.enrp(cluster.enrp[0]!, over);
  const receiver = cluster.registrars[0]!.identifier;
  insider.say({ type: "ENRP_PRESENCE", sender, receiver, replyRequired: true });
  await insider.hearOf("ENRP_PRESENCE");
  return insider;
}

function update(
  { registrars }: SecuredCluster,
  action: number,
  poolElement: PoolElementValue,
): EnrpMessage {
  const between = { sender: INSIDER, receiver: registrars[0]!.identifier };
  const rest = { takeoverSuggestion: false, action, poolHandle: "web", poolElement };
  return { type: "ENRP_HANDLE_UPDATE", ...between, ...rest };
}

/** What the insider says of an element. */
function elementOf(identifier: number, home: number): PoolElementValue {
  return { ...registration(identifier).poolElement, home, owner: OWNER };
}

/** Waits until the insider has been heard to its last word. */
async function untilHeard(insider: Speaker<EnrpMessage>, receiver: number): Promise<void> {
  insider.say({ type: "ENRP_LIST_REQUEST", sender: INSIDER, receiver });
  await insider.hearOf("ENRP_LIST_RESPONSE");
}

Deno.test("RFC 5355 §2.17: what a legitimate registrar cannot say it is", async (t) => {
  await using cluster = await SecuredCluster.make();
  const [events] = cluster.events;
  const { identifier } = cluster.element;
  const over = await cluster.transport(await cluster.issueRegistrar("r7.example.org"));

  await t.step("speak for another's identifier", async () => {
    await using insider = await Speaker.enrp(cluster.enrp[0]!, over);
    const between = { sender: SECOND!, receiver: FIRST! };
    insider.say({ type: "ENRP_PRESENCE", ...between, replyRequired: true });
    assert.deepEqual(codesOf(await insider.hearOf("ENRP_ERROR")), [
      CAUSE.rejectedDueToSecurityConsiderations,
    ]);
    assert.equal(await insider.hear(), undefined);
    const { why } = await events!.first("refused");
    assert.match(why, /r7\.example\.org may not speak for 0x0*2, which is .*r2\.example\.org/);
    await cluster.assertUntouched();
  });

  await t.step("speak for the registrar to which it speaks", async () => {
    await using insider = await Speaker.enrp(cluster.enrp[0]!, over);
    const between = { sender: FIRST!, receiver: FIRST! };
    const removal = update(cluster, DEL_PE, elementOf(identifier, FIRST!));
    insider.say({ type: "ENRP_PRESENCE", ...between, replyRequired: true });
    insider.say({ ...removal, ...between });
    // It hears twice who is here already.
    await insider.hearOf("ENRP_PRESENCE");
    await insider.hearOf("ENRP_PRESENCE");
    await events!.first("identifier-in-use");
    await cluster.assertUntouched();
  });
});

Deno.test("RFC 5355 §2.17: what a legitimate registrar cannot do with elements", async (t) => {
  await using cluster = await SecuredCluster.make();
  const [events] = cluster.events;
  const { identifier } = cluster.element;
  const over = await cluster.transport(await cluster.issueRegistrar("r7.example.org"));

  await t.step("add or remove elements of another home", async () => {
    await using insider = await insiderOf(cluster, over);
    for (const home of [FIRST!, SECOND!]) {
      insider.say(
        update(cluster, ADD_PE, elementOf(0x666, home)),
        update(cluster, DEL_PE, elementOf(identifier, home)),
      );
    }
    await untilHeard(insider, FIRST!);
    const discarded = events!.of("discarded").filter(({ why }) => /is not the home/.test(why));
    assert.equal(discarded.length, 4);
    await cluster.assertUntouched();
  });

  await t.step("remove an element of another home in its own name", async () => {
    await using insider = await insiderOf(cluster, over);
    insider.say(update(cluster, DEL_PE, elementOf(identifier, INSIDER)));
    await untilHeard(insider, FIRST!);
    await cluster.assertUntouched();
  });

  await t.step("bring in elements without an owner", async () => {
    await using insider = await insiderOf(cluster, over);
    const { owner: _, ...ownerless } = elementOf(0x666, INSIDER);
    insider.say(update(cluster, ADD_PE, ownerless));
    await untilHeard(insider, FIRST!);
    const { identity } = await events!.first("refused", ({ why }) => /names no owner/.test(why));
    assert.match(identity!, /r7\.example\.org/);
    await cluster.assertUntouched();
  });

  await t.step("register elements by ASAP", async () => {
    await using insider = await Speaker.asap(cluster.asap[0]!, over);
    insider.say(registration(0x666));
    assert.equal((await insider.hearOf("ASAP_REGISTRATION_RESPONSE")).reject, true);
    await cluster.assertUntouched();
  });
});

Deno.test("RFC 5355 §2.17: another owner's identifier is taken from no larger home", async () => {
  await using cluster = await SecuredCluster.make({ registrars: 1, settings: SMALLER });
  const over = await cluster.transport(await cluster.issueRegistrar("r7.example.org"));
  await using insider = await insiderOf(cluster, over);
  const { identifier } = cluster.element;
  insider.say(update(cluster, ADD_PE, elementOf(identifier, INSIDER)));
  await untilHeard(insider, SMALLER.identifier);
  const conflict = await cluster.events[0]!.first("owner-conflict");
  assert.deepEqual([conflict.peer, conflict.yields], [INSIDER, false]);
  await cluster.assertUntouched();
});

Deno.test("RFC 5355 §2.17: what a legitimate registrar can do, as is documented", async (t) => {
  await using cluster = await SecuredCluster.make({ registrars: 1 });
  const [events] = cluster.events;
  const { identifier } = cluster.element;
  const over = await cluster.transport(await cluster.issueRegistrar("r7.example.org"));
  await using insider = await insiderOf(cluster, over);

  await t.step("invent elements, and withdraw what it has invented", async () => {
    insider.say(update(cluster, ADD_PE, elementOf(0x666, INSIDER)));
    await untilHeard(insider, FIRST!);
    const known = (await cluster.resolve()).map((each) => each.identifier);
    assert.deepEqual(known.sort(), [identifier, 0x666].sort());
    insider.say(update(cluster, DEL_PE, elementOf(0x666, INSIDER)));
    await untilHeard(insider, FIRST!);
    await cluster.assertUntouched();
  });

  await t.step("take an identifier of another owner from a smaller home", async () => {
    insider.say(update(cluster, ADD_PE, elementOf(identifier, INSIDER)));
    const conflict = await events!.first("owner-conflict");
    // The operator of the home sees who it was.
    assert.deepEqual([conflict.peer, conflict.yields], [INSIDER, true]);
  });
});

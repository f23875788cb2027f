/** Pools that are watched, through all that can happen. RFC 5352 §2.2.5; protocol decision 22. */
import assert from "node:assert/strict";
import { type Association, DEFAULT_LIMITS, POOL_USER_TIMING } from "../../../lib/core/mod.ts";
import { ALL_ITEMS, CAUSE, type PoolElement } from "../../../lib/wire/mod.ts";
import { registrar } from "../server_hunt/stage.ts";
import { element, UserStage } from "./user_stage.ts";

const { t1EnrpRequestMs, maxRequestRetransmit } = POOL_USER_TIMING;
const { subscriptionRefreshMs, subscriptionPollMs } = POOL_USER_TIMING;
const elements = (...identifiers: number[]) => identifiers.map(element);

/** What `updated` told since the last look, by request: identifiers. */
function updates(stage: UserStage, request?: number): number[][] {
  return stage.takeEventsOf("updated")
    .filter((event) => request === undefined || event.request === request)
    .map((event) => event.poolElements.map((each) => each.identifier));
}

/** The questions since the last look, `S` behind those that subscribe. */
function questions(stage: UserStage): string[] {
  return stage.takeSent().map(({ message }) => {
    assert(message.type === "ASAP_HANDLE_RESOLUTION");
    return message.poolHandle + (message.dynamicUpdates ? " S" : "");
  });
}

/** Lets time pass until something is due. */
function untilDue(stage: UserStage): void {
  stage.advance(stage.machine.deadline()! - stage.now);
}

/** A user with a home that has granted it the pool web. */
function watching(poolElements: readonly PoolElement[] = elements(1, 2)) {
  const stage = new UserStage();
  const home = stage.settle();
  const request = stage.subscribe("web");
  const sent = stage.takeMessage("ASAP_HANDLE_RESOLUTION");
  assert.deepEqual([sent.dynamicUpdates, sent.items], [true, ALL_ITEMS]);
  stage.grant(home, poolElements);
  assert.deepEqual(updates(stage), [poolElements.map((each) => each.identifier)]);
  return { stage, home, request };
}

Deno.test("a subscriber is told what is in the pool, and every change", () => {
  const { stage, home, request } = watching();
  stage.grant(home, elements(1, 2, 3));
  const [event] = stage.takeEventsOf("updated");
  assert.deepEqual(event, {
    type: "updated",
    request,
    poolHandle: "web",
    policy: { name: "round-robin" },
    poolElements: elements(1, 2, 3),
  });
  stage.grant(home, elements(2, 3));
  assert.deepEqual(updates(stage), [[2, 3]]);
  assert.deepEqual(questions(stage), []);
});

Deno.test("nothing is told when only the turn of round robin has come to another", () => {
  const { stage, home } = watching(elements(1, 2, 3));
  stage.grant(home, elements(2, 3, 1));
  assert.deepEqual(updates(stage), []);
  const other = { ...element(3), registrationLife: 60 };
  stage.grant(home, [element(1), element(2), other]);
  assert.deepEqual(updates(stage), [[1, 2, 3]]);
  stage.grant(home, [element(1), element(2), other], "web", { name: "random" });
  assert.deepEqual(updates(stage), [[1, 2, 3]]);
});

Deno.test("an unknown pool is told as empty and waited for, with growing pauses", () => {
  const stage = new UserStage();
  const home = stage.settle();
  stage.subscribe("web");
  const pauses: number[] = [];
  for (let i = 0; i < 12; i++) {
    assert.deepEqual(questions(stage), ["web S"]);
    stage.refuse(home);
    const asked = stage.now;
    stage.advance(stage.machine.deadline()! - stage.now);
    pauses.push(stage.now - asked);
  }
  assert.deepEqual(updates(stage), [[]]);
  assert(pauses[0]! >= 50 && pauses[0]! <= 150, String(pauses));
  for (const pause of pauses.slice(-3)) {
    assert(pause >= subscriptionPollMs / 2 && pause <= 1.5 * subscriptionPollMs, String(pauses));
  }
  stage.grant(home, elements(7));
  assert.deepEqual(updates(stage), [[7]]);
});

Deno.test("a pool that is gone is told as empty, and asked for again by itself", () => {
  const { stage, home } = watching();
  stage.refuse(home);
  const [event] = stage.takeEventsOf("updated");
  assert.deepEqual([event!.policy, event!.poolElements], [undefined, []]);
  stage.advance(150);
  assert.deepEqual(questions(stage), ["web S"]);
  stage.grant(home, elements(1));
  assert.deepEqual(updates(stage), [[1]]);
});

Deno.test("after a change of the home all is asked anew, and told even if unchanged", () => {
  const { stage, home } = watching();
  stage.disconnect(home, "reset");
  stage.advance(0);
  const dial = stage.takeDials().find((each) => each.to.host === registrar(2).host)!;
  stage.connect(dial.association);
  assert.deepEqual(questions(stage), ["web S"]);
  stage.grant(dial.association, elements(1, 2));
  assert.deepEqual(updates(stage), [[1, 2]]);
  stage.grant(dial.association, elements(1));
  assert.deepEqual(updates(stage), [[1]]);
});

Deno.test("registrars that are all away for long are hunted for until one is back", () => {
  const { stage, home } = watching();
  stage.disconnect(home, "closed");
  const refuse = () => {
    for (const { association } of stage.takeDials()) stage.disconnect(association, "refused");
  };
  for (let i = 0; i < 2000; i++) {
    refuse();
    stage.advance(500);
  }
  stage.takeEvents();
  let dial;
  for (let steps = 0; dial === undefined; steps++) {
    assert(steps < 1000, "it has given up");
    untilDue(stage);
    [dial] = stage.takeDials();
  }
  stage.connect(dial.association);
  assert.deepEqual(questions(stage), ["web S"]);
  stage.grant(dial.association, elements(3));
  assert.deepEqual(updates(stage), [[3]]);
});

Deno.test("subscriptionRefreshMs: a home that says nothing for so long is asked anew", () => {
  const { stage, home } = watching();
  stage.advance(subscriptionRefreshMs / 2 - 1);
  assert.deepEqual(questions(stage), []);
  stage.grant(home, elements(1, 2, 3));
  stage.advance(subscriptionRefreshMs / 2 - 1);
  assert.deepEqual(questions(stage), [], "an update has shown that it lives");
  untilDue(stage);
  assert.deepEqual(questions(stage), ["web S"]);
  stage.takeEvents();
  stage.grant(home, elements(3, 1, 2));
  assert.deepEqual(updates(stage), []);
});

Deno.test("a home that answers no refresh within T1 is left for another one", () => {
  const { stage, home } = watching();
  untilDue(stage);
  stage.advance(t1EnrpRequestMs);
  const dial = stage.takeDials().find((each) => each.to.host === registrar(2).host)!;
  stage.connect(dial.association);
  stage.takeSent();
  stage.grant(dial.association, elements(1, 2));
  assert(stage.takeClosed().includes(home));
  assert.deepEqual(updates(stage), [[1, 2]]);
  stage.advance(1.5 * subscriptionRefreshMs);
  assert.deepEqual([...new Set(questions(stage))], ["web S"]);
});

Deno.test("a silent home without another: it is dialled anew, and the watcher goes on", () => {
  const stage = new UserStage({ registrars: [registrar(1)] });
  const home = stage.settle();
  stage.subscribe("web");
  stage.grant(home, elements(1));
  stage.advance(1.5 * subscriptionRefreshMs + (1 + maxRequestRetransmit) * t1EnrpRequestMs);
  assert(stage.takeClosed().includes(home));
  assert(stage.takeEventsOf("home-lost").length > 0);
  const dial = stage.takeDials().at(-1)!;
  stage.connect(dial.association);
  stage.takeSent();
  stage.grant(dial.association, elements(1));
  assert.deepEqual(updates(stage), [[1]]);
});

Deno.test("subscriptionPollMs: a registrar that grants nothing is asked again and again", () => {
  const stage = new UserStage();
  const home = stage.settle();
  stage.subscribe("web");
  assert.deepEqual(questions(stage), ["web S"]);
  stage.answer(home, elements(1));
  assert.deepEqual(updates(stage), [[1]]);
  for (const poolElements of [elements(1), elements(1), elements(1, 2)]) {
    stage.advance(1.5 * subscriptionPollMs);
    assert.deepEqual(questions(stage), ["web S"]);
    stage.answer(home, poolElements);
  }
  assert.deepEqual(updates(stage), [[1, 2]]);
});

Deno.test("a subscription that nobody has any more is ended by a request without S", () => {
  const { stage, home, request } = watching();
  const second = stage.subscribe("web");
  assert.deepEqual(updates(stage, second), [[1, 2]], "what is known is told at once");
  stage.unsubscribe(request);
  assert.deepEqual(questions(stage), []);
  stage.grant(home, elements(2));
  assert.deepEqual(updates(stage), [[2]]);
  stage.unsubscribe(second);
  assert.deepEqual(questions(stage), ["web"]);
  stage.answer(home, elements(2));
  assert.deepEqual(updates(stage), []);
  assert.equal(stage.machine.deadline(), undefined, "it goes on for nothing");
});

Deno.test("updates that nobody watches are ended by a request without S, once for each", () => {
  const { stage, home, request } = watching();
  // The answer to the refresh is owed when the watcher leaves, so nothing can be sent then.
  untilDue(stage);
  assert.deepEqual(questions(stage), ["web S"]);
  stage.unsubscribe(request);
  assert.deepEqual(questions(stage), []);
  stage.grant(home, elements(1));
  assert.deepEqual(questions(stage), []);
  stage.grant(home, elements(1, 2));
  stage.grant(home, elements(1, 2, 3));
  assert.deepEqual(questions(stage), ["web"]);
  stage.answer(home, elements(1));
  assert.deepEqual(questions(stage), []);
});

Deno.test("what is resolved of a watched pool comes from the cache, or is asked with S", () => {
  const { stage, home } = watching(elements(1, 2, 3));
  const whole = stage.resolve("web");
  const two = stage.resolve("web", { items: 2 });
  const four = stage.resolve("web", { items: 4 });
  const told = stage.takeEventsOf("resolved");
  assert.deepEqual(told.map((each) => [each.request, each.poolElements.length]), [
    [whole, 3],
    [two, 2],
    [four, 3],
  ]);
  stage.command({ type: "purge" });
  stage.resolve("web", { items: 2 });
  assert.deepEqual(questions(stage), ["web S"]);
  stage.grant(home, elements(1, 2, 3));
  assert.equal(stage.takeEventsOf("resolved")[0]!.poolElements.length, 2);
});

Deno.test("an update updates the cache, and an end empties it", () => {
  const { stage, home } = watching();
  stage.grant(home, elements(9));
  stage.resolve("web");
  assert.deepEqual(stage.takeEventsOf("resolved")[0]!.poolElements, elements(9));
  stage.refuse(home);
  stage.resolve("web");
  assert.deepEqual(questions(stage), ["web S"]);
});

Deno.test("an update before the answer is taken for it, and the answer for an update", () => {
  const { stage, home } = watching();
  untilDue(stage);
  assert.deepEqual(questions(stage), ["web S"]);
  stage.grant(home, elements(1));
  stage.grant(home, elements(1, 2, 3));
  assert.deepEqual(updates(stage), [[1], [1, 2, 3]]);
  // The end of the pool was on its way when it was asked for; the pool is there again.
  untilDue(stage);
  stage.refuse(home);
  stage.grant(home, elements(4));
  assert.deepEqual(updates(stage), [[], [4]]);
});

Deno.test("an update without an element is no answer: its sender is left", () => {
  const { stage, home } = watching();
  stage.grant(home, []);
  assert.deepEqual(stage.takeClosed(), [home]);
  assert.equal(stage.takeEventsOf("home-lost")[0]!.reason, "garbage");
});

Deno.test("the deadline is for the first answer only", () => {
  const stage = new UserStage();
  const late = stage.subscribe("web", 1000);
  stage.advance(1000);
  const [failed] = stage.takeEventsOf("failed");
  assert.deepEqual([failed!.request, failed!.why], [late, "no-registrar"]);
  const { stage: other, home } = watching();
  other.subscribe("mail", 1000);
  other.refuse(home, CAUSE.unknownPoolHandle, "mail");
  other.takeEvents();
  other.advance(60_000);
  assert.deepEqual(other.takeEventsOf("failed"), []);
});

Deno.test("a rejection ends a subscription", () => {
  const { stage, home, request } = watching();
  stage.refuse(home, CAUSE.rejectedDueToSecurityConsiderations);
  const [failed] = stage.takeEventsOf("failed");
  assert.deepEqual([failed!.request, failed!.why], [request, "rejected"]);
  stage.advance(600_000);
  assert.deepEqual(questions(stage), []);
});

Deno.test("maxSubscriptionsPerAssociation: a user watches no more pools, and any one often", () => {
  const limits = { ...DEFAULT_LIMITS, maxSubscriptionsPerAssociation: 2 };
  const stage = new UserStage({ limits });
  stage.settle();
  for (const handle of ["a", "b", "a", "b"]) stage.subscribe(handle);
  assert.deepEqual(stage.takeEventsOf("failed"), []);
  const third = stage.subscribe("c");
  const [failed] = stage.takeEventsOf("failed");
  assert.deepEqual([failed!.request, failed!.why], [third, "too-many-requests"]);
});

Deno.test("stop ends all subscriptions, and later ones fail", () => {
  const { stage, request } = watching();
  stage.command({ type: "stop" });
  const again = stage.subscribe("web");
  const failed = stage.takeEventsOf("failed");
  assert.deepEqual(failed.map((each) => [each.request, each.why]), [
    [request, "stopped"],
    [again, "stopped"],
  ]);
  assert.equal(stage.machine.deadline(), undefined);
});

Deno.test("with `once`, too, a watcher goes on when all registrars have failed", () => {
  const stage = new UserStage({ once: true, staggerMs: 100 });
  stage.subscribe("web");
  const fail = (): Association[] =>
    stage.takeDials().map((
      { association },
    ) => (stage.disconnect(association, "refused"), association));
  let dials = 0;
  for (let i = 0; i < 100; i++) {
    dials += fail().length;
    stage.advance(200);
  }
  assert(dials > 4 && dials < 60, `${dials} dials in 20 s`);
  assert.deepEqual(stage.takeEventsOf("failed"), []);
});

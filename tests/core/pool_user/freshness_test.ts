/** Cached answers that subscriptions keep fresh, in virtual time. RFC 5352 §3.3, C2; §2.2.5. */
import assert from "node:assert/strict";
import { type Association, POOL_USER_TIMING } from "../../../lib/core/mod.ts";
import { element, UserStage } from "./user_stage.ts";

const { staleCacheValueMs, t1EnrpRequestMs, maxRequestRetransmit } = POOL_USER_TIMING;
const elements = (...identifiers: number[]) => identifiers.map(element);

/** A user whose pool web is kept fresh; the registrar answers nothing by itself. */
function kept(changes: ConstructorParameters<typeof UserStage>[0] = {}) {
  const stage = new UserStage(changes);
  const home = stage.settle();
  const request = stage.subscribe("web");
  stage.grant(home, elements(1, 2));
  stage.takeSent();
  stage.takeEvents();
  return { stage, home, request };
}

/** What is resolved from the cache now; `undefined` if it would be asked. */
function cached(stage: UserStage): number[] | undefined {
  return stage.cached()?.poolElements.map((each) => each.identifier);
}

/** Lets time pass in small steps; the registrar answers each question at once. */
function live(stage: UserStage, home: Association, forMs: number): void {
  const end = stage.now + forMs;
  while (stage.now < end) {
    const due = stage.machine.deadline() ?? Infinity;
    stage.advance(Math.min(due, end) - stage.now);
    for (const _ of stage.takeSent()) stage.grant(home, elements(1, 2));
  }
}

Deno.test("while its registrar answers, what is subscribed to is never stale", () => {
  const { stage, home } = kept();
  for (let i = 0; i < 200; i++) {
    live(stage, home, staleCacheValueMs / 7);
    assert.deepEqual(cached(stage), [1, 2]);
  }
});

Deno.test("a change is in the cache as soon as it is told, and again never stale", () => {
  const { stage, home } = kept();
  stage.advance(1_000);
  stage.grant(home, elements(2, 3));
  assert.deepEqual(cached(stage), [2, 3]);
  stage.refuse(home);
  assert.equal(cached(stage), undefined);
  stage.grant(home, elements(4));
  assert.deepEqual(cached(stage), [4]);
});

Deno.test("what is confirmed is the same object, what is changed is not", () => {
  const { stage, home } = kept();
  const before = stage.cached();
  stage.grant(home, elements(2, 1));
  assert.equal(stage.cached(), before);
  stage.grant(home, elements(2, 1, 3));
  assert.notEqual(stage.cached(), before);
});

Deno.test("when the registrar is lost, the answer ages from when that was heard last", () => {
  const { stage, home } = kept();
  live(stage, home, 100_000);
  stage.grant(home, elements(1, 2));
  stage.advance(1_000);
  stage.disconnect(home, "reset");
  stage.advance(staleCacheValueMs - 1_001);
  assert.deepEqual(cached(stage), [1, 2]);
  stage.advance(1);
  assert.equal(cached(stage), undefined);
});

Deno.test("another message of the registrar confirms as well: nothing else was told before", () => {
  const { stage, home } = kept();
  stage.advance(9_000);
  stage.resolve("mail");
  stage.answer(home, elements(7), "mail");
  stage.disconnect(home, "reset");
  stage.advance(staleCacheValueMs - 1);
  assert.deepEqual(cached(stage), [1, 2]);
  stage.advance(1);
  assert.equal(cached(stage), undefined);
});

Deno.test("a registrar that is silent keeps nothing fresh, until it is heard again", () => {
  const { stage, home } = kept();
  const heard = stage.now;
  stage.resolve("mail");
  stage.advance(t1EnrpRequestMs - 1);
  assert.deepEqual(cached(stage), [1, 2]);
  stage.advance(1);
  assert.equal(stage.now, heard + t1EnrpRequestMs);
  stage.advance(heard + staleCacheValueMs - 1 - stage.now);
  assert.deepEqual(cached(stage), [1, 2]);
  stage.answer(home, elements(7), "mail");
  stage.advance(staleCacheValueMs / 4);
  assert.deepEqual(cached(stage), [1, 2]);
});

Deno.test("a registrar that never answers again: what it told is stale in time", () => {
  const { stage } = kept();
  stage.advance(staleCacheValueMs * 1.5 + t1EnrpRequestMs * (1 + maxRequestRetransmit));
  assert.equal(cached(stage), undefined);
});

Deno.test("the next registrar keeps it fresh as soon as it grants the subscription", () => {
  const { stage, home } = kept();
  stage.disconnect(home, "closed");
  const [dial] = stage.takeDials();
  stage.connect(dial!.association);
  stage.takeSent();
  stage.advance(staleCacheValueMs - 1);
  stage.grant(dial!.association, elements(1, 2));
  live(stage, dial!.association, 10 * staleCacheValueMs);
  assert.deepEqual(cached(stage), [1, 2]);
});

Deno.test("a registrar that grants nothing is asked, and its answers age", () => {
  const { stage, home } = kept();
  stage.answer(home, elements(1));
  stage.advance(staleCacheValueMs);
  assert.equal(cached(stage), undefined);
});

Deno.test("when nobody keeps it any more, the answer ages from when it was confirmed", () => {
  const { stage, home, request } = kept();
  const other = stage.subscribe("web");
  live(stage, home, 5 * staleCacheValueMs);
  stage.unsubscribe(request);
  live(stage, home, 5 * staleCacheValueMs);
  stage.grant(home, elements(1, 2));
  stage.advance(10_000);
  stage.unsubscribe(other);
  stage.advance(staleCacheValueMs - 10_001);
  assert.deepEqual(cached(stage), [1, 2]);
  stage.advance(1);
  assert.equal(cached(stage), undefined);
});

Deno.test("a stale_cache_value of 0 is no cache, whoever subscribes", () => {
  const { stage } = kept({ timing: { ...POOL_USER_TIMING, staleCacheValueMs: 0 } });
  assert.equal(cached(stage), undefined);
});

Deno.test("what was purged or reported is as it was told last after the next answer", () => {
  const { stage, home } = kept();
  stage.command({ type: "report-unreachable", poolHandle: "web", peIdentifier: 1 });
  assert.deepEqual(cached(stage), [2]);
  stage.grant(home, elements(1, 2));
  assert.deepEqual(cached(stage), [1, 2]);
  stage.command({ type: "purge", poolHandle: "web" });
  assert.equal(cached(stage), undefined);
  stage.grant(home, elements(1, 2));
  live(stage, home, 3 * staleCacheValueMs);
  assert.deepEqual(cached(stage), [1, 2]);
});

Deno.test("after the end nothing is cached", () => {
  const { stage } = kept();
  stage.command({ type: "stop" });
  assert.equal(cached(stage), undefined);
});

/** How `rserpool resolve --timeout` uses the machine: staggered, once, with a deadline. */

import assert from "node:assert/strict";
import fc from "fast-check";
import type { Attempt } from "../../../lib/core/mod.ts";
import { registrar } from "../server_hunt/stage.ts";
import { element, UserStage } from "./user_stage.ts";

const HTTP = "The first bytes are those of an HTTP response";

function oneShot(registrars: number): UserStage {
  const timeoutMs = 5_000;
  const staggerMs = Math.min(1_000, timeoutMs / registrars);
  const all = Array.from({ length: registrars }, (_, i) => registrar(i + 1));
  const stage = new UserStage({ registrars: all, staggerMs, once: true });
  stage.resolve("web", { withinMs: timeoutMs });
  return stage;
}

function attemptsOf(stage: UserStage): readonly Attempt[] {
  const [failed, ...more] = stage.takeEventsOf("failed");
  assert(failed?.why === "no-registrar");
  assert.equal(more.length, 0);
  assert.equal(stage.machine.deadline(), undefined);
  assert.equal(stage.open.size, 0);
  return failed.attempts;
}

Deno.test("refused, unknown, foreign: it fails at once and says which is which", () => {
  const stage = oneShot(3);
  stage.disconnect(stage.takeDial().association, "refused");
  stage.disconnect(stage.takeDial().association, "unknown-host");
  const { association } = stage.takeDial();
  stage.connect(association);
  stage.disconnect(association, "garbage", HTTP);
  assert.deepEqual(attemptsOf(stage), [
    { address: registrar(1), reason: "refused", detail: undefined },
    { address: registrar(2), reason: "unknown-host", detail: undefined },
    { address: registrar(3), reason: "garbage", detail: HTTP },
  ]);
});

Deno.test("silent, unreachable: it fails at the deadline, with each one's reason", () => {
  const stage = oneShot(2);
  stage.connect(stage.takeDial().association);
  stage.advance(1_000);
  stage.takeDial();
  stage.advance(3_999);
  assert.deepEqual(stage.takeEventsOf("failed"), []);
  stage.advance(1);
  assert.deepEqual(attemptsOf(stage).map((each) => each.reason), ["silent", "timed-out"]);
});

Deno.test("a silent registrar does not block the next one", () => {
  const stage = oneShot(2);
  const silent = stage.takeDial().association;
  stage.connect(silent);
  stage.advance(1_000);
  const other = stage.takeDial().association;
  stage.connect(other);
  stage.answer(other);
  assert.equal(stage.takeEventsOf("resolved").length, 1);
  assert.deepEqual(stage.takeClosed(), [silent]);
});

Deno.test("the first right answer wins, be it the silent one's after all", () => {
  const stage = oneShot(2);
  const late = stage.takeDial().association;
  stage.connect(late);
  stage.advance(1_000);
  const other = stage.takeDial().association;
  stage.connect(other);
  stage.answer(late, [element(1)]);
  stage.answer(other, [element(2)]);
  const resolved = stage.takeEventsOf("resolved");
  assert.deepEqual(resolved.map((each) => each.poolElements[0]!.identifier), [1]);
});

Deno.test("many registrars: all of them are tried within the timeout", () => {
  const stage = oneShot(10);
  const dialled: string[] = [];
  for (let ms = 0; ms < 5_000; ms += 100) {
    for (const dial of stage.takeDials()) {
      dialled.push(dial.to.host);
      stage.connect(dial.association);
    }
    assert(stage.open.size <= 3);
    stage.advance(100);
  }
  assert.equal(new Set(dialled).size, 10);
  assert.deepEqual(attemptsOf(stage).map((each) => each.reason), new Array(10).fill("silent"));
});

Deno.test("bytes that are no answer are told, if none comes", () => {
  const stage = oneShot(1);
  const { association } = stage.takeDial();
  stage.connect(association);
  stage.receiveBroken(association, { report: false, detail: "Message Type is 0x7f" });
  stage.advance(5_000);
  assert.deepEqual(attemptsOf(stage), [
    { address: registrar(1), reason: "garbage", detail: "Message Type is 0x7f" },
  ]);
});

Deno.test("an answer that cannot be read is the end of that attempt", () => {
  const stage = oneShot(2);
  const { association } = stage.takeDial();
  stage.connect(association);
  stage.takeSent();
  const messageType = "ASAP_HANDLE_RESOLUTION_RESPONSE";
  stage.receiveBroken(association, { messageType, detail: "Weight is cut off" });
  assert.equal(stage.takeTypes()[0], "ASAP_ERROR");
  assert.deepEqual(stage.takeClosed(), [association]);
  stage.disconnect(stage.takeDial().association, "refused");
  assert.deepEqual(attemptsOf(stage).map((each) => each.reason), ["garbage", "refused"]);
});

Deno.test("a home that falls silent is not waited for alone", () => {
  const stage = new UserStage({ staggerMs: 1_000, once: true });
  const home = stage.settle();
  stage.resolve("web", { withinMs: 5_000 });
  stage.advance(1_000);
  const other = stage.takeDial();
  assert.deepEqual(other.to, registrar(2));
  stage.connect(other.association);
  stage.answer(other.association);
  assert.equal(stage.takeEventsOf("resolved").length, 1);
  assert.deepEqual(stage.takeClosed(), [home]);
});

Deno.test("a silent home is told of beside those that refused", () => {
  const stage = new UserStage({ staggerMs: 1_000, once: true });
  stage.settle();
  stage.resolve("web", { withinMs: 5_000 });
  for (let second = 0; second < 5; second++) {
    for (const dial of stage.takeDials()) stage.disconnect(dial.association, "refused");
    stage.advance(1_000);
  }
  const [failed] = stage.takeEventsOf("failed");
  assert(failed?.why === "no-registrar");
  assert.deepEqual(failed.attempts.map(({ address, reason }) => [address.host, reason]), [
    ["192.0.2.1", "silent"],
    ["192.0.2.2", "refused"],
  ]);
});

Deno.test("whatever the registrars do, each request ends once, and in time", () => {
  const kind = fc.constantFrom("refuse", "silent", "hang", "garbage", "close", "wrong", "answer");
  const property = fc.property(
    fc.array(kind, { minLength: 1, maxLength: 6 }),
    fc.boolean(),
    fc.boolean(),
    fc.integer({ min: 1, max: 20_000 }),
    (kinds, once, isStaggered, withinMs) => {
      const stage = new UserStage({
        registrars: kinds.map((_, i) => registrar(i + 1)),
        once,
        staggerMs: isStaggered ? Math.min(1_000, withinMs / kinds.length) : undefined,
      });
      const begun = stage.now;
      const request = stage.resolve("web", { withinMs });
      const ends: number[] = [];
      const look = () => {
        for (const event of stage.takeEvents()) {
          if (event.type !== "resolved" && event.type !== "failed") continue;
          assert.equal(event.request, request);
          ends.push(stage.now - begun);
        }
      };
      const play = () => {
        for (const { association, to } of stage.takeDials()) {
          if (stage.takeClosed().includes(association)) continue;
          const does = kinds[Number(to.host.split(".")[3]) - 1];
          if (does === "hang") continue;
          if (does === "refuse") {
            stage.disconnect(association, "refused");
            continue;
          }
          stage.connect(association);
          if (!stage.open.has(association)) continue;
          if (does === "close") stage.disconnect(association, "closed");
          else if (does === "garbage") stage.disconnect(association, "garbage", HTTP);
          else if (does === "wrong") stage.answer(association, [element(1)], "other");
          else if (does === "answer") stage.answer(association);
        }
      };
      for (let ms = 0; ms <= withinMs; ms += 50) {
        play();
        look();
        stage.advance(50);
      }
      look();
      assert.equal(ends.length, 1);
      assert(ends[0]! <= withinMs + 50);
    },
  );
  fc.assert(property, { numRuns: 300 });
});

Deno.test("a home that answers in time is the only one asked", () => {
  const stage = new UserStage({ staggerMs: 1_000 });
  const home = stage.settle();
  stage.resolve();
  stage.answer(home);
  stage.takeEvents();
  stage.advance(10_000);
  assert.deepEqual([stage.takeDials(), stage.takeEvents()], [[], []]);
});

Deno.test("a silent home is one of the three associations at most (RFC 5352 §3.6, SH1)", () => {
  const registrars = [1, 2, 3, 4, 5].map((n) => registrar(n));
  const stage = new UserStage({ staggerMs: 1_000, registrars });
  stage.settle();
  stage.resolve();
  const hosts = new Set<string>();
  for (let second = 0; second < 10; second++) {
    stage.advance(1_000);
    for (const { association, to } of stage.takeDials()) {
      hosts.add(to.host);
      stage.connect(association);
    }
    assert(stage.open.size <= 3);
  }
  assert.equal(hosts.size, 5);
});

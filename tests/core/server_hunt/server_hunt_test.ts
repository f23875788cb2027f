import assert from "node:assert/strict";
import fc from "fast-check";
import type { SocketAddress } from "../../../lib/core/machine.ts";
import { RecentLosses } from "../../../lib/core/recent_losses.ts";
import { MAX_HUNT_ASSOCIATIONS } from "../../../lib/core/server_hunt.ts";
import { seededRandom } from "../../../lib/handlespace/mod.ts";
import { HuntStage } from "./hunt_stage.ts";
import { registrar } from "./stage.ts";

Deno.test("a hunt without registrars is refused at once", () => {
  assert.throws(() => new HuntStage([]), RangeError);
});

Deno.test("an address that is given twice is dialled once", () => {
  const stage = new HuntStage([registrar(1), registrar(1), registrar(2)]);
  stage.start();
  assert.deepEqual(stage.takeHosts(), ["192.0.2.1", "192.0.2.2"]);
});

Deno.test("the registrars are tried in the given order", () => {
  const stage = new HuntStage(5, { staggerMs: 1_000 });
  stage.start();
  assert.deepEqual(stage.refuseAll(), [1, 2, 3, 4, 5].map((n) => `192.0.2.${n}`));
});

Deno.test("the order is random where many would run to one registrar", () => {
  const firsts = new Set<string>();
  for (let seed = 0; seed < 50; seed++) {
    const stage = new HuntStage(5, {
      order: "random",
      staggerMs: 1_000,
      random: seededRandom(seed),
    });
    stage.start();
    const hosts = stage.refuseAll();
    assert.equal(new Set(hosts).size, 5);
    firsts.add(hosts[0]!);
  }
  assert.equal(firsts.size, 5);
});

Deno.test("the registrar to avoid is dialled only when all others have failed", () => {
  const stage = new HuntStage(3);
  stage.start(registrar(1));
  const [second, third] = stage.takeDials();
  assert.deepEqual([second!.to, third!.to], [registrar(2), registrar(3)]);
  stage.disconnect(second!.association, "refused");
  assert.deepEqual(stage.takeHosts(), []);
  stage.disconnect(third!.association, "refused");
  assert.deepEqual(stage.takeHosts(), ["192.0.2.1"]);
});

Deno.test("the registrar to avoid is dialled when the others are connected and silent", () => {
  const stage = new HuntStage(2);
  stage.start(registrar(1));
  const { association, to } = stage.takeDial();
  assert.deepEqual(to, registrar(2));
  stage.connect(association);
  stage.command((hunt, now) => hunt.widen(now));
  assert.deepEqual(stage.takeHosts(), ["192.0.2.1"]);
});

Deno.test("a single registrar is dialled again although it is to be avoided", () => {
  const stage = new HuntStage(1);
  stage.start(registrar(1));
  assert.deepEqual(stage.takeHosts(), ["192.0.2.1"]);
});

Deno.test("after all have failed comes a pause that doubles, with jitter, up to RETRAN-MAX", () => {
  const stage = new HuntStage(1);
  stage.start();
  const pauses: number[] = [];
  for (let round = 0; round < 12; round++) {
    const { association, at } = stage.takeDial();
    stage.disconnect(association, "refused");
    stage.advance(stage.machine.deadline()! - stage.now);
    pauses.push(stage.now - at);
  }
  for (const [round, pause] of pauses.entries()) {
    const mean = Math.min(1_000 * 2 ** round, 60_000);
    assert(pause <= Math.min(1.5 * mean, 60_000), `pause ${round} of ${pause} ms is too long`);
    // T5-Serverhunt may end a pause early.
    assert(pause >= Math.min(0.5 * mean, 10_000), `pause ${round} of ${pause} ms is too short`);
  }
});

Deno.test("the hunt goes on for ever", () => {
  const stage = new HuntStage(2);
  stage.start();
  for (let hour = 0; hour < 24; hour++) {
    let dialled = 0;
    for (let minute = 0; minute < 60; minute++) {
      stage.advance(60_000);
      dialled += stage.refuseAll().length;
    }
    assert(dialled >= 60, `only ${dialled} dials in an hour`);
    assert(dialled <= 2 * 3_600, `${dialled} dials in an hour`);
  }
});

Deno.test("a hunt once ends when each has failed, and tells of each", () => {
  const stage = new HuntStage(3, { once: true, staggerMs: 1_000 });
  stage.start();
  stage.disconnect(stage.takeDial().association, "refused");
  stage.disconnect(stage.takeDial().association, "unknown-host");
  const last = stage.takeDial().association;
  stage.connect(last);
  stage.disconnect(last, "garbage", "The first bytes are those of an HTTP response");
  assert.deepEqual(stage.takeEvents(), [{
    type: "failed",
    ended: true,
    attempts: [
      { address: registrar(1), reason: "refused", detail: undefined },
      { address: registrar(2), reason: "unknown-host", detail: undefined },
      {
        address: registrar(3),
        reason: "garbage",
        detail: "The first bytes are those of an HTTP response",
      },
    ],
  }]);
  assert.equal(stage.hunt.isHunting, false);
  assert.equal(stage.machine.deadline(), undefined);
});

Deno.test("a hunt once ends when T5-Serverhunt has expired for the last of them", () => {
  const stage = new HuntStage(2, { once: true });
  stage.start();
  stage.takeDials();
  stage.advance(10_000);
  const [failed] = stage.takeEvents();
  assert.equal(failed!.ended, true);
  assert.deepEqual(failed!.attempts.map((each) => each.reason), ["timed-out", "timed-out"]);
});

Deno.test("a hunt that ended can be started again", () => {
  const stage = new HuntStage(1, { once: true });
  for (let time = 0; time < 3; time++) {
    stage.start();
    stage.disconnect(stage.takeDial().association, "refused");
    assert.equal(stage.takeEvents()[0]!.ended, true);
  }
});

Deno.test("staggered: the next one is dialled in time though the one before is silent", () => {
  const stage = new HuntStage(3, { staggerMs: 1_000 });
  stage.start();
  stage.connect(stage.takeDial().association);
  stage.advance(999);
  assert.deepEqual(stage.takeHosts(), []);
  stage.advance(1);
  assert.deepEqual(stage.takeHosts(), ["192.0.2.2"]);
  stage.advance(1_000);
  assert.deepEqual(stage.takeHosts(), ["192.0.2.3"]);
});

Deno.test("staggered: the next one is dialled at once when the one before has failed", () => {
  const stage = new HuntStage(2, { staggerMs: 1_000 });
  stage.start();
  stage.disconnect(stage.takeDial().association, "refused");
  assert.deepEqual(stage.takeHosts(), ["192.0.2.2"]);
});

Deno.test("staggered: the fourth ends the attempt of the first", () => {
  const stage = new HuntStage(4, { staggerMs: 1_000 });
  stage.start();
  stage.connect(stage.takeDial().association);
  stage.advance(3_000);
  assert.deepEqual(stage.takeHosts(), ["192.0.2.2", "192.0.2.3", "192.0.2.4"]);
  assert.deepEqual(stage.takeClosed(), [1]);
  const attempts = stage.hunt.attempts();
  assert.deepEqual(attempts.map((each) => each.reason), [
    "silent",
    "timed-out",
    "timed-out",
    "timed-out",
  ]);
});

Deno.test("what a silent candidate said instead is told", () => {
  const stage = new HuntStage(1);
  stage.start();
  const { association } = stage.takeDial();
  stage.connect(association);
  stage.command((hunt) => hunt.remark(association, "garbage", "Message Type is 0x7f"));
  assert.deepEqual(stage.hunt.attempts(), [
    { address: registrar(1), reason: "garbage", detail: "Message Type is 0x7f" },
  ]);
});

Deno.test("a registrar lost in quick succession is not dialled at the network's speed", () => {
  const stage = new HuntStage(1);
  const start = stage.now;
  const cycles = 100;
  for (let cycle = 0; cycle < cycles; cycle++) {
    stage.start(registrar(1));
    const delay = (stage.machine.deadline() ?? stage.now) - stage.now;
    if (cycle > 1) stage.advance(delay);
    assert(delay <= 10_000, "it must be found again within T5-Serverhunt");
    const { association } = stage.takeDial();
    stage.connect(association);
    stage.command((hunt, now) => {
      hunt.settle(association);
      hunt.prove(now);
    });
  }
  const elapsed = stage.now - start;
  assert(elapsed > 2_000 * (cycles - 10), `${cycles} associations in ${elapsed} ms`);
});

/** Which registrar is found, in turn, when the ones before were lost in quick succession. */
function loseInTurn(count: number, cycles: number): number[] {
  const stage = new HuntStage(count, { staggerMs: 1_000 });
  const pauses: number[] = [];
  let last: SocketAddress | undefined;
  for (let cycle = 0; cycle < cycles; cycle++) {
    const begin = stage.now;
    stage.start(last);
    let [dial] = stage.takeDials();
    if (dial === undefined) {
      stage.advance(stage.machine.deadline()! - stage.now);
      [dial] = stage.takeDials();
    }
    pauses.push(stage.now - begin);
    const { association, to } = dial!;
    last = to;
    stage.connect(association);
    stage.command((hunt, now) => {
      hunt.settle(association);
      hunt.prove(now);
    });
  }
  return pauses;
}

Deno.test("registrars that are lost one after the other, each once, are replaced at once", () => {
  const pauses = loseInTurn(2, 6);
  // One is found first and the other one in its place; then both are lost for a second time.
  assert.deepEqual(pauses.slice(0, 3), [0, 0, 0]);
  for (const pause of pauses.slice(3)) assert(pause > 0, String(pauses));
});

Deno.test("of registrars without end, each is taken for one that was lost before", () => {
  const losses = new RecentLosses();
  for (let each = 0; each < 16; each++) assert.equal(losses.note(String(each)), undefined);
  assert.deepEqual([losses.note("another"), losses.note("0")], [0, 1]);
  losses.clear();
  assert.equal(losses.note("0"), undefined);
});

Deno.test("a registrar that is lost after it served long is sought at once", () => {
  const stage = new HuntStage(2);
  for (let cycle = 0; cycle < 5; cycle++) {
    stage.start();
    const [dial] = stage.takeDials();
    assert.equal(dial!.at, stage.now);
    stage.connect(dial!.association);
    stage.command((hunt, now) => {
      hunt.settle(dial!.association);
      hunt.prove(now);
    });
    stage.advance(60_000);
  }
});

Deno.test("one that connects and closes is backed off from like one that refuses", () => {
  const stage = new HuntStage(1);
  let dials = 0;
  const end = stage.now + 600_000;
  stage.start();
  while (stage.now < end) {
    for (const { association } of stage.takeDials()) {
      dials++;
      stage.connect(association);
      stage.command((hunt) => hunt.settle(association));
      stage.command((hunt, now) => {
        hunt.note(registrar(1), "closed");
        hunt.start(now, registrar(1));
      });
    }
    stage.advance(1_000);
  }
  assert(dials >= 10 && dials < 40, `${dials} dials in ten minutes`);
});

Deno.test("never more than three at once, never one of them twice, and it always goes on", () => {
  const actions = fc.array(
    fc.oneof(
      fc.record({ do: fc.constant("connect" as const), which: fc.nat(9) }),
      fc.record({ do: fc.constant("refuse" as const), which: fc.nat(9) }),
      fc.record({ do: fc.constant("advance" as const), which: fc.nat(30_000) }),
      fc.record({ do: fc.constant("widen" as const), which: fc.constant(0) }),
    ),
    { maxLength: 60 },
  );
  const property = fc.property(
    fc.integer({ min: 1, max: 7 }),
    fc.option(fc.integer({ min: 0, max: 2_000 }), { nil: undefined }),
    fc.nat(2),
    actions,
    (count, staggerMs, held, script) => {
      const stage = new HuntStage(count, { staggerMs, order: "random" });
      stage.hunt.held = held;
      stage.start();
      const pending = new Map<number, string>();
      const look = () => {
        for (const dial of stage.takeDials()) pending.set(dial.association, dial.to.host);
        for (const association of stage.takeClosed()) pending.delete(association);
        assert(pending.size + held <= MAX_HUNT_ASSOCIATIONS);
        assert.equal(new Set(pending.values()).size, pending.size);
        assert.equal(stage.hunt.isHunting, true);
        const waits = [...pending.keys()].some((each) => stage.open.has(each));
        assert(waits || stage.machine.deadline() !== undefined, "nothing would ever happen again");
      };
      look();
      for (const action of script) {
        const association = [...pending.keys()][action.which % Math.max(1, pending.size)];
        if (action.do === "advance") stage.advance(action.which);
        else if (action.do === "widen") stage.command((hunt, now) => hunt.widen(now));
        else if (association === undefined) continue;
        else if (action.do === "refuse") {
          pending.delete(association);
          stage.disconnect(association, "refused");
        } else if (!stage.open.has(association)) stage.connect(association);
        look();
      }
    },
  );
  fc.assert(property, { numRuns: 500 });
});

Deno.test("those that were given up for one that was reached are tried when it fails", () => {
  const stage = new HuntStage(3);
  stage.start();
  const [first] = stage.takeDials();
  stage.connect(first!.association);
  stage.command((hunt) => hunt.narrow(first!.association));
  assert.deepEqual(stage.takeClosed(), [3, 5]);
  stage.disconnect(first!.association, "closed");
  assert.deepEqual(stage.takeHosts(), ["192.0.2.2", "192.0.2.3"]);
});

Deno.test("one that failed is tried again beside one that is silent", () => {
  const stage = new HuntStage(2);
  stage.start();
  const [first, second] = stage.takeDials();
  stage.connect(first!.association);
  stage.disconnect(second!.association, "refused");
  stage.advance(60_000);
  assert.deepEqual(stage.takeHosts(), []);
  stage.command((hunt, now) => hunt.widen(now));
  assert.deepEqual(stage.takeHosts(), ["192.0.2.2"]);
});

Deno.test("the registrar to avoid is one among others in the next round", () => {
  const stage = new HuntStage(2);
  stage.start(registrar(1));
  stage.refuseAll();
  stage.advance(2_000);
  assert.deepEqual(stage.takeHosts(), ["192.0.2.1", "192.0.2.2"]);
});

Deno.test("a set that T5-Serverhunt ended is told of", () => {
  const stage = new HuntStage(2);
  stage.start();
  stage.advance(10_000);
  const [failed, ...more] = stage.takeEvents();
  assert.equal(more.length, 0);
  assert.equal(failed!.ended, false);
  assert.deepEqual(failed!.attempts.map((each) => each.reason), ["timed-out", "timed-out"]);
});

for (const end of ["prove", "stop"] as const) {
  Deno.test(`after "${end}" a hunt begins anew: all registrars, short pauses`, () => {
    const stage = new HuntStage(2);
    stage.start();
    // Long enough for long pauses and a long T5-Serverhunt.
    for (let minute = 0; minute < 10; minute++) {
      stage.refuseAll();
      stage.advance(60_000);
    }
    const [dial] = stage.takeDials();
    stage.connect(dial!.association);
    stage.command((hunt, now) => {
      if (end === "stop") return hunt.stop();
      hunt.settle(dial!.association);
      hunt.prove(now);
    });
    assert.deepEqual(stage.hunt.attempts(), []);
    stage.advance(60_000);
    stage.takeEvents();
    stage.start();
    assert.equal(stage.machine.deadline(), stage.now + 10_000);
    assert.deepEqual(stage.refuseAll(), ["192.0.2.1", "192.0.2.2"]);
    assert(stage.machine.deadline()! - stage.now <= 1_500);
    assert.equal(stage.takeEvents().length, 1);
  });
}

Deno.test("a hunt that is stopped in its midst begins with the first registrar again", () => {
  const stage = new HuntStage(5, { staggerMs: 1_000 });
  for (let time = 0; time < 3; time++) {
    stage.start();
    assert.deepEqual(stage.takeHosts(), ["192.0.2.1"]);
    stage.command((hunt) => hunt.stop());
    assert.equal(stage.machine.deadline(), undefined);
  }
});

Deno.test("a hunt that is stopped begins with the first value of T5-Serverhunt again", () => {
  const stage = new HuntStage(1);
  stage.start();
  stage.advance(10_000);
  stage.command((hunt) => hunt.stop());
  stage.start();
  assert.equal(stage.machine.deadline(), stage.now + 10_000);
});

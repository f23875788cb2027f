/** A server hunt whose registrars announce themselves. */

import assert from "node:assert/strict";
import fc from "fast-check";
import type { SocketAddress } from "../../../lib/core/mod.ts";
import { type HuntOptions, MAX_HUNT_ASSOCIATIONS } from "../../../lib/core/server_hunt.ts";
import { seededRandom } from "../../../lib/handlespace/mod.ts";
import { HuntStage } from "./hunt_stage.ts";
import { registrar } from "./stage.ts";

const hinted = (number: number): SocketAddress => ({ host: `198.51.100.${number}`, port: 3863 });

class HintStage extends HuntStage {
  constructor(registrars: number, changes: Partial<HuntOptions> = {}) {
    super(registrars, { maxHints: 8, ...changes });
  }

  learn(...numbers: number[]): void {
    for (const number of numbers) this.learnOf(hinted(number));
  }

  learnOf(address: SocketAddress): void {
    this.command((hunt, now) => hunt.learn(address, false, now));
  }

  forget(number: number): void {
    this.command((hunt) => hunt.forget(hinted(number)));
  }
}

for (const staggerMs of [undefined, 1_000]) {
  const how = staggerMs === undefined ? "three at once" : "staggered";

  Deno.test(`${how}: without a registrar it waits for one, and dials that at once`, () => {
    const stage = new HintStage(0, { staggerMs });
    stage.start();
    stage.advance(3_600_000);
    assert.deepEqual(stage.takeHosts(), []);
    stage.learn(1);
    const dial = stage.takeDial();
    assert.equal(dial.to.host, "198.51.100.1");
    stage.advance(9_999);
    assert.deepEqual(stage.takeClosed(), [], "T5-Serverhunt began anew");
    stage.advance(1);
    assert.deepEqual(stage.takeClosed(), [dial.association]);
  });

  Deno.test(`${how}: it does not turn in a circle while it waits, and says so now and then`, () => {
    const stage = new HintStage(0, { staggerMs, once: true });
    stage.start();
    let deadlines = 0;
    for (;;) {
      const deadline = stage.machine.deadline();
      assert.ok(deadline !== undefined, "nothing would ever be said");
      if (deadline > 3_600_000 + stage.now) break;
      stage.advance(deadline - stage.now);
      if (++deadlines === 60) break;
    }
    assert.ok(stage.now > 50 * 60_000, `60 deadlines in ${stage.now} ms`);
    const told = stage.takeEvents();
    assert.ok(told.length > 0 && told.length <= 60, `told ${told.length} times`);
    for (const { attempts, ended } of told) assert.deepEqual({ attempts, ended }, NOTHING);
  });

  Deno.test(`${how}: those given are tried before those that announce themselves`, () => {
    const stage = new HintStage(2, { staggerMs });
    stage.learn(1, 2);
    stage.start();
    const hosts = stage.refuseAll();
    assert.deepEqual(hosts.slice(0, 2), ["192.0.2.1", "192.0.2.2"]);
    assert.deepEqual(hosts.slice(2).sort(), ["198.51.100.1", "198.51.100.2"]);
  });

  Deno.test(`${how}: one that announces itself is dialled before the pause is over`, () => {
    const stage = new HintStage(1, { staggerMs });
    stage.start();
    stage.refuseAll();
    stage.learn(1);
    assert.deepEqual(stage.takeHosts(), ["198.51.100.1"]);
  });

  Deno.test(`${how}: one that announces itself beside a silent one has its turn`, () => {
    const stage = new HintStage(0, { staggerMs });
    stage.start();
    stage.learn(1);
    stage.connect(stage.takeDial().association);
    stage.learn(2);
    if (staggerMs === undefined) stage.command((hunt, now) => hunt.widen(now));
    else stage.advance(staggerMs);
    assert.deepEqual(stage.takeHosts(), ["198.51.100.2"]);
  });

  Deno.test(`${how}: what was announced more than once is tried before the rest`, () => {
    const stage = new HintStage(1, { staggerMs, maxHints: 4 });
    stage.learn(1, 2, 3, 4, 5, 6, 7, 8);
    stage.command((hunt, now) => hunt.learn(hinted(7), true, now));
    stage.start();
    assert.deepEqual(stage.refuseAll().slice(0, 2), ["192.0.2.1", "198.51.100.7"]);
    stage.command((hunt, now) => hunt.learn(hinted(8), true, now));
    assert.deepEqual(stage.takeHosts(), ["198.51.100.8"], "and out of turn");
  });

  Deno.test(`${how}: a hunt once goes on as long as a registrar may announce itself`, () => {
    const stage = new HintStage(1, { staggerMs, once: true });
    stage.start();
    stage.refuseAll();
    assert.equal(stage.hunt.isHunting, true);
    stage.learn(1);
    stage.refuseAll();
    assert.equal(stage.hunt.isHunting, true);
    assert.deepEqual(stage.hunt.attempts().map((each) => each.reason), ["refused", "refused"]);
  });

  Deno.test(`${how}: limit maxHintsPerRound: a round dials so many, picked at random`, () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 30; seed++) {
      const stage = new HintStage(0, { staggerMs, maxHints: 4, random: seededRandom(seed) });
      for (let n = 1; n <= 20; n++) stage.learn(n);
      stage.start();
      const hosts = stage.refuseAll();
      assert.equal(hosts.length, 4);
      for (const host of hosts) seen.add(host);
    }
    assert.equal(seen.size, 20);
  });

  Deno.test(`${how}: a flood of announcements is no flood of dials`, () => {
    const stage = new HintStage(0, { staggerMs });
    stage.start();
    let dials = 0;
    const seconds = 120;
    for (let i = 0; i < seconds * 50; i++) {
      const number = i % 100_000;
      stage.learnOf({ host: `10.${number >> 8}.${number & 0xff}.1`, port: 3863 });
      dials += stage.refuseAll().length;
      stage.advance(20);
      // As the table of hints does with a flood: what is new replaces what was there.
      const old = number - 256;
      if (old < 0) continue;
      stage.command((hunt) => hunt.forget({ host: `10.${old >> 8}.${old & 0xff}.1`, port: 3863 }));
    }
    assert.ok(dials > seconds, `${dials} dials in ${seconds} s`);
    assert.ok(dials <= 2 * 8 * seconds + 16, `${dials} dials in ${seconds} s`);
  });
}

const NOTHING = { attempts: [], ended: false };

Deno.test("what is given and announced is one registrar, dialled once and never forgotten", () => {
  const stage = new HintStage(1);
  stage.learnOf(registrar(1));
  stage.command((hunt) => hunt.forget(registrar(1)));
  stage.start();
  assert.deepEqual(stage.refuseAll(), ["192.0.2.1"]);
});

Deno.test("one that is outdated is dialled no more, and its failure is forgotten", () => {
  const stage = new HintStage(1);
  stage.learn(1, 2);
  stage.start();
  stage.refuseAll();
  stage.forget(1);
  assert.equal(stage.hunt.attempts().length, 2);
  for (let round = 0; round < 10; round++) {
    stage.advance(60_000);
    assert.ok(!stage.refuseAll().includes("198.51.100.1"));
  }
});

Deno.test("without discovery no hint is taken", () => {
  const stage = new HuntStage(1);
  stage.command((hunt, now) => hunt.learn(hinted(1), false, now));
  stage.start();
  assert.deepEqual(stage.refuseAll(), ["192.0.2.1"]);
});

Deno.test("with hints: never more than three at once, none of them twice, and it goes on", () => {
  const actions = fc.array(
    fc.record({
      do: fc.constantFrom("connect", "refuse", "advance", "widen", "learn", "forget"),
      which: fc.nat(12_000),
    }),
    { maxLength: 80 },
  );
  const property = fc.property(
    fc.nat(3),
    fc.option(fc.integer({ min: 0, max: 2_000 }), { nil: undefined }),
    actions,
    (count, staggerMs, script) => {
      const stage = new HintStage(count, { staggerMs, order: "random" });
      stage.start();
      const pending = new Map<number, string>();
      const look = () => {
        for (const dial of stage.takeDials()) pending.set(dial.association, dial.to.host);
        for (const association of stage.takeClosed()) pending.delete(association);
        assert.ok(pending.size <= MAX_HUNT_ASSOCIATIONS);
        assert.equal(new Set(pending.values()).size, pending.size);
        const waits = [...pending.keys()].some((each) => stage.open.has(each));
        assert.ok(waits || stage.machine.deadline() !== undefined, "nothing would happen again");
      };
      look();
      for (const action of script) {
        const association = [...pending.keys()][action.which % Math.max(1, pending.size)];
        const number = action.which % 12;
        if (action.do === "advance") stage.advance(action.which);
        else if (action.do === "widen") stage.command((hunt, now) => hunt.widen(now));
        else if (action.do === "learn") stage.learn(number);
        else if (action.do === "forget") stage.forget(number);
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

Deno.test("one that is dialled as T5-Serverhunt expires has its time, too", () => {
  const stage = new HintStage(4);
  stage.start();
  const [first] = stage.takeDials();
  // The dial's own limit and T5-Serverhunt end at the same moment, the dial's first.
  stage.advance(9_999.5);
  stage.disconnect(first!.association, "timed-out");
  const fourth = stage.takeDial();
  assert.equal(fourth.to.host, "192.0.2.4");
  stage.advance(0.5);
  assert.ok(!stage.takeClosed().includes(fourth.association));
  stage.connect(fourth.association);
  assert.deepEqual(stage.hunt.connected(), [fourth.association]);
});

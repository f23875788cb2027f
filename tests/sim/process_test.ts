import assert from "node:assert/strict";
import {
  type Association,
  DEFAULT_LIMITS,
  type Input,
  type Instant,
  type Limits,
  type Machine,
  type Output,
} from "../../lib/core/mod.ts";
import { seededRandom } from "../../lib/handlespace/mod.ts";
import { type Crossing, Network, Process, type ProcessNote, Scheduler } from "../../lib/sim/mod.ts";

/** Does what it is told, and tells what it hears. */
class Puppet implements Machine<Output<string>, string> {
  private queue: Output<string>[] = [];
  wakeAt: Instant | undefined;
  lastNow: Instant = 0;

  handle(input: Input<Output<string>>, now: Instant): void {
    this.lastNow = now;
    if (input.type === "command") return void this.queue.push(input.command);
    if (input.type === "deadline") this.wakeAt = undefined;
    const detail = input.type === "received"
      ? input.message.type
      : input.type === "disconnected"
      ? input.reason
      : "";
    const { association } = input as { association?: Association };
    this.queue.push({ type: "event", event: [input.type, association, detail].join(" ").trim() });
  }

  poll(): Output<string> | undefined {
    return this.queue.shift();
  }

  deadline(): Instant | undefined {
    return this.wakeAt;
  }
}

const TO_B = { host: "10.0.0.2", port: 3863 };
const QUESTION = {
  type: "ASAP_DEREGISTRATION",
  poolHandle: "web",
  peIdentifier: 7,
} as const;

class Stage {
  readonly scheduler = new Scheduler();
  readonly crossings: Crossing[] = [];
  readonly lost: Crossing[] = [];
  readonly network = new Network({
    scheduler: this.scheduler,
    randomFor: () => seededRandom(5),
    latencyMs: [1, 1],
    windowBytes: 1000,
  }, {
    delivered: (crossing) => this.crossings.push(crossing),
    lost: (crossing) => this.lost.push(crossing),
  });
  readonly told: Record<string, string[]> = { A: [], B: [] };
  readonly notes: ProcessNote[] = [];
  readonly a = this.process("A", "10.0.0.1");
  readonly b = this.process("B", "10.0.0.2");
  machineA = new Puppet();
  machineB = new Puppet();

  constructor(limits: Limits = DEFAULT_LIMITS) {
    this.a.start({ machine: this.machineA, limits, listen: [] });
    this.startB(limits);
  }

  startB(limits: Limits = DEFAULT_LIMITS): void {
    this.machineB = new Puppet();
    const listen = [{ protocol: "ASAP" as const, port: 3863 }];
    this.b.start({ machine: this.machineB, limits, listen });
  }

  connect(association = 1): void {
    this.a.command({ type: "connect", association, protocol: "ASAP", to: TO_B, timeoutMs: 5000 });
    this.run(10);
  }

  send(process: Process<Output<string>, string>, association: Association, times = 1): void {
    for (let i = 0; i < times; i++) {
      process.command({ type: "send", association, message: QUESTION });
    }
  }

  run(ms: number): void {
    this.scheduler.run(this.scheduler.now + ms);
  }

  private process(name: string, host: string): Process<Output<string>, string> {
    const { scheduler, network } = this;
    const surroundings = {
      scheduler,
      network,
      random: seededRandom(3),
      readBytes: 5,
      timerLatenessMs: 0,
    };
    return new Process(surroundings, { name, host }, {
      onEvent: (event) => this.told[name]!.push(event),
      onNote: (note) => this.notes.push(note),
    });
  }
}

Deno.test("a process dials, is accepted, and messages come through however they are read", () => {
  const stage = new Stage();
  stage.connect();
  stage.send(stage.a, 1, 3);
  stage.send(stage.b, 2);
  stage.run(10);
  const got = "received 2 ASAP_DEREGISTRATION";
  assert.deepEqual(stage.told["B"], ["connected 2", got, got, got]);
  assert.deepEqual(stage.told["A"], ["connected 1", "received 1 ASAP_DEREGISTRATION"]);
  assert.deepEqual(stage.crossings.map(({ from, to }) => from + to).sort(), [
    "AB",
    "AB",
    "AB",
    "BA",
  ]);
});

Deno.test("a frozen process answers nothing, and all of it when it goes on", () => {
  const stage = new Stage();
  stage.b.freeze();
  stage.connect();
  stage.send(stage.a, 1);
  stage.run(10_000);
  assert.deepEqual(stage.told["A"], ["connected 1"]);
  assert.deepEqual(stage.told["B"], []);
  stage.b.thaw();
  stage.run(10);
  assert.deepEqual(stage.told["B"], ["connected 2", "received 2 ASAP_DEREGISTRATION"]);
});

Deno.test("a killed process ends its connections and refuses others; started, it serves", () => {
  const stage = new Stage();
  stage.connect();
  stage.b.kill();
  assert.equal(stage.b.state, "stopped");
  stage.run(10);
  assert.deepEqual(stage.told["A"], ["connected 1", "disconnected 1 closed"]);
  stage.connect(3);
  stage.startB();
  stage.connect(5);
  assert.deepEqual(stage.told["A"]!.slice(2), ["disconnected 3 refused", "connected 5"]);
});

Deno.test("connections that a frozen process had not accepted end when it is killed", () => {
  const stage = new Stage();
  stage.b.freeze();
  stage.connect();
  stage.b.kill();
  stage.run(10);
  assert.deepEqual(stage.told["A"], ["connected 1", "disconnected 1 closed"]);
});

Deno.test("a host without power lets others wait", () => {
  const stage = new Stage();
  stage.connect();
  stage.b.powerOff();
  stage.connect(3);
  stage.run(10_000);
  assert.deepEqual(stage.told["A"], ["connected 1", "disconnected 3 timed-out"]);
});

Deno.test("what a process does not read queues up to its limit, then it is dropped", () => {
  const stage = new Stage({ ...DEFAULT_LIMITS, maxQueuedBytes: 100 });
  stage.connect();
  stage.b.setReading(false);
  stage.send(stage.a, 1, 50);
  stage.run(10);
  assert.deepEqual(stage.told["A"], ["connected 1"]);
  assert(stage.a.queuedBytes <= 100);
  stage.send(stage.a, 1, 20);
  stage.run(10);
  assert.deepEqual(stage.told["A"], ["connected 1", "disconnected 1 overflow"]);
  assert.deepEqual(stage.notes.at(-1), { type: "overflows", other: "B" });
  stage.b.setReading(true);
  stage.run(10);
  assert.equal(stage.told["B"]!.at(-1), "disconnected 2 reset");
});

Deno.test("a further association than the limit allows is closed at once", () => {
  const stage = new Stage({ ...DEFAULT_LIMITS, maxAssociations: 1 });
  stage.connect(1);
  stage.connect(3);
  assert.deepEqual(stage.told["B"], ["connected 2"]);
  assert.equal(stage.a.associations, 1);
});

Deno.test("a deadline wakes the machine when its own clock says so", () => {
  const stage = new Stage();
  stage.connect();
  const began = stage.machineB.lastNow;
  stage.machineB.wakeAt = began + 1234.5;
  stage.send(stage.a, 1);
  stage.run(1300);
  assert.equal(stage.told["B"]!.at(-1), "deadline");
  assert.equal(stage.machineB.lastNow, began + 1235);
});

Deno.test("a dial that the machine gave up leads to nothing", () => {
  const stage = new Stage();
  stage.a.command({ type: "connect", association: 1, protocol: "ASAP", to: TO_B, timeoutMs: 5000 });
  stage.a.command({ type: "close", association: 1 });
  stage.run(10_000);
  assert.deepEqual(stage.told, { A: [], B: [] });
});

Deno.test("a cut in mid-message ends both sides and loses the message", () => {
  const stage = new Stage();
  stage.connect();
  stage.send(stage.a, 1, 4);
  stage.network.cut("10.0.0.1", "10.0.0.2");
  stage.run(100);
  assert.equal(stage.told["A"]!.at(-1), "disconnected 1 reset");
  assert.equal(stage.told["B"]!.at(-1), "disconnected 2 reset");
  assert.equal(stage.crossings.length + stage.lost.length, 4);
  assert(stage.lost.length > 0);
});

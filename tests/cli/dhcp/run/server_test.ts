import assert from "node:assert/strict";
import type { BindingChange } from "../../../../cli/api.ts";
import type { LeaseSource } from "../../../../cli/dhcp/dnsmasq/process.ts";
import { FIRST_PAUSE_MS, MAX_DEATHS } from "../../../../cli/dhcp/run/backoff.ts";
import { FIRST_LOOK_MS, LONGEST_LOOK_MS } from "../../../../cli/dhcp/run/bus_watch.ts";
import { LocalLeases } from "../../../../cli/dhcp/run/local_leases.ts";
import { RESTART_TIMES } from "../../../../cli/dhcp/run/restart_timer.ts";
import { DhcpServer } from "../../../../cli/dhcp/run/server.ts";

const CHANGE: BindingChange = { address: "192.0.2.10", holding: { kind: "placeholder" } };

/** A dnsmasq that is none, under virtual time; what happens is in `told`. */
class Fake {
  readonly told: string[] = [];
  readonly server: DhcpServer;
  now = 0;
  isLive = false;
  /** Whether dnsmasq is to be on a bus, and whether one is there. */
  wantsBus = false;
  hasBus = false;
  lacksBus = false;
  liveProblem: string | undefined;
  startProblem: string | undefined;
  pid = 1;
  private alarm: { at: number; work: () => void } | undefined;

  constructor() {
    const { told } = this;
    this.server = new DhcpServer({
      dnsmasq: this,
      leases: new LocalLeases("02:aa:aa:aa:aa:aa"),
      now: () => this.now,
      after: (ms, work) => {
        const alarm = this.alarm = { at: this.now + ms, work };
        return () => {
          if (this.alarm === alarm) this.alarm = undefined;
        };
      },
      drain: () => Promise.resolve(void told.push("drain")),
      table: () => {
        told.push("table");
        return [];
      },
      convert: (changes) => changes.map(({ address }) => ({ address, lease: undefined })),
      started: (why) => told.push(`started ${why}`),
      stopped: () => told.push("stopped"),
      died: (reason, again) => told.push(`died ${reason} ${again}`),
      liveFailed: (problem) => told.push(`failed ${problem}`),
    });
  }

  async start(table: LeaseSource): Promise<void> {
    await table();
    if (this.startProblem !== undefined) throw new Error(this.startProblem);
    this.isLive = this.wantsBus && this.hasBus;
    this.lacksBus = this.wantsBus && !this.hasBus;
    this.told.push("start");
  }

  findsBus(): Promise<boolean> {
    this.told.push("look");
    return Promise.resolve(this.hasBus);
  }

  stop(): Promise<void> {
    this.told.push("stop");
    return Promise.resolve();
  }

  apply(changes: readonly unknown[]): Promise<string | undefined> {
    this.told.push(`apply ${changes.length}`);
    return Promise.resolve(this.liveProblem);
  }

  /** What was told since the last call. */
  async heard(): Promise<string[]> {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    return this.told.splice(0);
  }

  /** Passes time to the next alarm; how long that was. */
  pass(): number {
    const { alarm } = this;
    assert(alarm !== undefined, "nothing waits");
    const passed = alarm.at - this.now;
    this.now = alarm.at;
    this.alarm = undefined;
    alarm.work();
    return passed;
  }

  get isWaiting(): boolean {
    return this.alarm !== undefined;
  }
}

/** Looks at the bus, one wait after the other, and how long each was. */
async function looks(fake: Fake, count: number): Promise<number[]> {
  const waits: number[] = [];
  while (waits.length < count) {
    waits.push(fake.pass());
    assert.deepEqual(await fake.heard(), ["look"]);
  }
  return waits;
}

async function started(): Promise<Fake> {
  const fake = new Fake();
  await fake.server.start();
  assert.deepEqual(await fake.heard(), ["drain", "table", "start", "started first"]);
  return fake;
}

const RESTART = ["stop", "drain", "stopped", "drain", "table", "start", "started changes"];

Deno.test("many changes are one restart, with the table that is wanted then", async () => {
  const fake = await started();
  fake.server.apply([CHANGE], false);
  fake.server.apply([CHANGE], true);
  fake.server.apply([CHANGE], true);
  assert.equal(fake.pass(), RESTART_TIMES.urgent.quietMs);
  assert.deepEqual(await fake.heard(), RESTART);
  assert(!fake.isWaiting);
});

Deno.test("what is wanted before the start is in its table", async () => {
  const fake = new Fake();
  fake.server.apply([CHANGE], true);
  assert(!fake.isWaiting);
  await fake.server.start();
  assert(!fake.isWaiting);
});

Deno.test("what is wanted while it is restarted is no second restart", async () => {
  const fake = await started();
  fake.server.apply([CHANGE], true);
  fake.pass();
  fake.server.apply([CHANGE], true);
  assert(fake.isWaiting);
  assert.deepEqual(await fake.heard(), RESTART);
  assert(!fake.isWaiting, "its table has it");
});

Deno.test("over D-Bus nothing waits, and nothing is restarted", async () => {
  const fake = await started();
  fake.isLive = true;
  fake.server.apply([CHANGE], true);
  fake.server.apply([CHANGE], false);
  fake.server.apply([], true);
  assert.deepEqual(await fake.heard(), ["apply 2"]);
  assert(!fake.isWaiting);
});

Deno.test("what D-Bus does not take is a restart", async () => {
  const fake = await started();
  fake.isLive = true;
  fake.liveProblem = "denied";
  fake.server.apply([CHANGE], true);
  assert.deepEqual(await fake.heard(), ["apply 1", "failed denied"]);
  assert.equal(fake.pass(), RESTART_TIMES.urgent.quietMs);
  assert.deepEqual(await fake.heard(), RESTART);
});

Deno.test("a bus that comes back is used again; until then looks are rarer and rarer", async () => {
  const fake = new Fake();
  fake.wantsBus = true;
  await fake.server.start();
  await fake.heard();
  assert.deepEqual(await looks(fake, 8), [1, 2, 4, 8, 16, 32, 60, 60].map((each) => each * 1000));
  fake.hasBus = true;
  assert.deepEqual(await looks(fake, 1), [LONGEST_LOOK_MS]);
  assert.equal(fake.pass(), RESTART_TIMES.urgent.quietMs);
  assert.deepEqual((await fake.heard()).at(-1), "started bus");
  assert(!fake.isWaiting, "it has what it wanted");
  fake.server.apply([CHANGE], true);
  assert.deepEqual(await fake.heard(), ["apply 1"]);
});

Deno.test("a bus that comes and goes is looked for as one that is away", async () => {
  const fake = new Fake();
  Object.assign(fake, { wantsBus: true, hasBus: true });
  await fake.server.start();
  const loses = async (waits: readonly number[]) => {
    Object.assign(fake, { hasBus: false, liveProblem: "gone" });
    fake.server.apply([CHANGE], true);
    await fake.heard();
    fake.pass();
    assert.deepEqual((await fake.heard()).at(-1), "started changes");
    assert.deepEqual(await looks(fake, waits.length), waits);
    Object.assign(fake, { hasBus: true, liveProblem: undefined });
    await looks(fake, 1);
    fake.pass();
    assert.deepEqual((await fake.heard()).at(-1), "started bus");
  };
  await loses([FIRST_LOOK_MS, 2_000]);
  await loses([8_000]);
  fake.now += LONGEST_LOOK_MS;
  await loses([FIRST_LOOK_MS]);
});

Deno.test("nobody looks for a bus that is not wanted, or once DHCP is stopped", async () => {
  const fake = await started();
  assert(!fake.isWaiting);
  fake.wantsBus = true;
  fake.server.apply([CHANGE], true);
  fake.pass();
  await fake.heard();
  assert(fake.isWaiting);
  await fake.server.stop();
  assert(!fake.isWaiting);
});

Deno.test("one that dies is started again, later each time, and not for ever", async () => {
  const fake = await started();
  fake.server.onEnd("SIGSEGV");
  assert.deepEqual(await fake.heard(), ["drain", "stopped", `died SIGSEGV ${FIRST_PAUSE_MS}`]);
  assert(!fake.server.isServing);
  fake.startProblem = "no";
  for (let death = 2; death < MAX_DEATHS; death++) {
    fake.pass();
    const pause = Math.min(60_000, FIRST_PAUSE_MS * 2 ** (death - 1));
    assert.equal((await fake.heard()).at(-1), `died no ${pause}`);
  }
  fake.pass();
  assert.equal((await fake.heard()).at(-1), "died no undefined");
  assert(!fake.isWaiting);
});

Deno.test("one that has run for long starts soon again", async () => {
  const fake = await started();
  for (let time = 0; time < 3 * MAX_DEATHS; time++) {
    fake.now += 60_000;
    fake.server.onEnd("exit code 5");
    assert.equal((await fake.heard()).at(-1), `died exit code 5 ${FIRST_PAUSE_MS}`);
    assert.equal(fake.pass(), FIRST_PAUSE_MS);
    assert.equal((await fake.heard()).at(-1), "started died");
  }
});

Deno.test("a stop ends all that waits", async () => {
  const fake = await started();
  fake.server.apply([CHANGE], true);
  await fake.server.stop();
  assert.deepEqual(await fake.heard(), ["stop", "drain", "stopped"]);
  assert(!fake.isWaiting);
  fake.server.onEnd("SIGTERM");
  fake.server.restartSoon("clock");
  assert.deepEqual(await fake.heard(), []);
});

Deno.test("a start that fails at first is the caller's", async () => {
  const fake = new Fake();
  fake.startProblem = "address in use";
  await assert.rejects(fake.server.start(), { message: "address in use" });
});

Deno.test("a clock that was set is told as why", async () => {
  const fake = await started();
  fake.server.restartSoon("clock");
  fake.server.restartSoon("clock");
  fake.pass();
  assert.equal((await fake.heard()).at(-1), "started clock");
});

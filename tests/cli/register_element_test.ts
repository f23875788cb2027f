import assert from "node:assert/strict";
import * as api from "../../mod.ts";
import { RegisteredElement } from "../../cli/commands/register_element.ts";
import { Log } from "../../cli/log.ts";
import type { ElementInput } from "../../cli/supervisor/runner.ts";

const ANY = { host: "127.0.0.1", port: 0 };

/** An element at a registrar of its own, and what it tells, in order. */
class Stage implements AsyncDisposable {
  readonly told: ElementInput[] = [];
  readonly lines: string[] = [];
  addresses: (string | undefined)[] = [];
  readonly element: RegisteredElement;
  private waiting: { type: ElementInput["type"]; resolve: () => void } | undefined;

  private constructor(
    readonly registrar: api.Registrar,
    settings: Partial<api.PoolElementSettings>,
  ) {
    const { asap: registrars } = registrar;
    this.element = new RegisteredElement({
      api,
      log: new Log((line) => this.lines.push(line)),
      settings: { registrars, poolHandle: "kid", port: 8083, ...settings },
      onAddress: (address) => this.addresses.push(address),
    }, (input) => {
      this.told.push(input);
      if (input.type === this.waiting?.type) this.waiting.resolve();
    });
  }

  static async set(settings: Partial<api.PoolElementSettings> = {}): Promise<Stage> {
    return new Stage(await api.Registrar.start({ asap: [ANY], enrp: [ANY] }), settings);
  }

  /** Resolves when the element tells this next. */
  async tells(type: ElementInput["type"]): Promise<void> {
    await new Promise<void>((resolve) => this.waiting = { type, resolve });
  }

  /** How many elements the registrar has, asked over a connection of its own. */
  async registered(): Promise<number> {
    using user = new api.PoolUser({ registrars: this.registrar.asap });
    try {
      return (await user.resolve("kid")).poolElements.length;
    } catch (error) {
      assert.ok(error instanceof api.UnknownPoolHandle);
      return 0;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.element.close();
    await this.registrar.stop();
  }
}

Deno.test("it tells its grant, its address and its home, and its de-registration", async () => {
  await using stage = await Stage.set();
  const { element, registrar } = stage;
  element.register();
  await stage.tells("granted");
  const at = `127.0.0.1:${registrar.asap[0]!.port}`;
  assert.deepEqual(stage.told.at(-1), { type: "granted", registrar: at, isNew: true });
  assert.deepEqual(stage.addresses, ["127.0.0.1"]);
  const never = new AbortController().signal;
  assert.equal(await element.findHome(never), registrar.identifier);
  assert.equal(await stage.registered(), 1);
  element.deregister();
  await stage.tells("deregistered");
  assert.equal(await stage.registered(), 0);
});

Deno.test("it says which registrar has taken it over", async () => {
  const beside = { asap: [ANY], enrp: [ANY], addressCheck: "any" } as const;
  const first = await api.Registrar.start(beside);
  await using second = await api.Registrar.start({ ...beside, mentors: first.enrp });
  await using stage = await Stage.set({ registrars: first.asap });
  stage.element.register();
  await stage.tells("granted");
  await first.stop();
  const home = api.formatIdentifier(second.identifier);
  const said = stage.lines.filter((line) => line.includes(`taken over by registrar ${home}`));
  assert.equal(said.length, 1, stage.lines.join(""));
});

Deno.test("registered and at once de-registered, it is not registered", async () => {
  await using stage = await Stage.set();
  stage.element.register();
  stage.element.deregister();
  assert.deepEqual(stage.told.map(({ type }) => type), ["deregistered"]);
  for (let round = 0; round < 3; round++) assert.equal(await stage.registered(), 0);
});

Deno.test("de-registered while it is being registered, it is not registered", async () => {
  await using stage = await Stage.set();
  stage.element.register();
  await stage.tells("registrar-silent"); // connected, and the registration is on its way
  stage.element.deregister();
  await stage.tells("deregistered");
  for (let round = 0; round < 3; round++) assert.equal(await stage.registered(), 0);
});

Deno.test("it can be registered again, with the same identifier", async () => {
  await using stage = await Stage.set({ identifier: 7 });
  for (let round = 0; round < 3; round++) {
    stage.element.register();
    await stage.tells("granted");
    assert.equal(await stage.registered(), 1);
    stage.element.deregister();
    await stage.tells("deregistered");
    assert.equal(await stage.registered(), 0);
  }
  assert.equal(stage.element.identifier, 7);
});

Deno.test("a port of its ASAP endpoint that is in use is a failure of the world", async () => {
  await using other = await Stage.set();
  const { port } = other.registrar.asap[0]!;
  await using stage = await Stage.set({ asap: { host: "127.0.0.1", port } });
  stage.element.register();
  await stage.tells("fail");
  assert.deepEqual(stage.told.at(-1), {
    type: "fail",
    code: 1,
    reason: `cannot listen on 127.0.0.1:${port}: the port is in use`,
  });
});

Deno.test("a rejection is told with its exit code and the pool's value", async () => {
  await using stage = await Stage.set({ policy: { name: "random" } });
  await using first = new api.PoolElement({
    registrars: stage.registrar.asap,
    poolHandle: "kid",
    port: 8081,
  });
  await first.register();
  stage.element.register();
  await stage.tells("rejected");
  const rejected = stage.told.at(-1)!;
  assert.ok(rejected.type === "rejected");
  assert.equal(rejected.code, 5);
  assert.match(rejected.reason, /Inconsistent Pooling Policy \(the pool's policy is round-robin\)/);
});

Deno.test("a rejected transport use, and a rejected address, tell what can be done", async () => {
  await using stage = await Stage.set({ use: api.USE_DATA_PLUS_CONTROL });
  const { asap: registrars } = stage.registrar;
  await using first = new api.PoolElement({ registrars, poolHandle: "kid", port: 8081 });
  await first.register();
  stage.element.register();
  await stage.tells("rejected");
  const { reason } = stage.told.at(-1) as { reason: string };
  assert.match(
    reason,
    /Inconsistent Data\/Control Configuration; the pool's .* another one \(--use\)/,
  );

  await using elsewhere = await Stage.set({ addresses: ["192.0.2.5"] });
  elsewhere.element.register();
  await elsewhere.tells("rejected");
  const { reason: unobserved } = elsewhere.told.at(-1) as { reason: string };
  assert.match(unobserved, /Invalid Values \(.*192\.0\.2\.5, .*\); .* \(its --address-check\)$/);
});

Deno.test("a registrar that had it and went is lost, not silent", async () => {
  await using stage = await Stage.set();
  const { element, registrar } = stage;
  element.register();
  await stage.tells("granted");
  const lost = stage.tells("registrar-silent");
  await registrar.stop();
  await lost;
  const at = `127.0.0.1:${registrar.asap[0]!.port}`;
  assert.deepEqual(stage.lines, [
    `rserpool: lost the registrar: ${at}: it closed the connection\n`,
  ]);
});

Deno.test("a home that is asked for is not waited for after the abort", async () => {
  await using stage = await Stage.set();
  const abort = new AbortController();
  const home = stage.element.findHome(abort.signal);
  abort.abort();
  assert.equal(await home, undefined);
});

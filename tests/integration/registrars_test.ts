/** Several registrars as processes: they find each other, agree, and one of them may go. */

import assert from "node:assert/strict";
import { type RegistrarAt, type Running, Scratch, until } from "./harness.ts";

type Serving = Running & { readonly at: RegistrarAt };

/** Elements on the loopback are refused by a registrar with peers, unless told otherwise. */
const LOCAL = ["--address-check", "any", "--timing", "fast", "-v"];
/** A dead peer is noticed within a second. */
const HASTY = [
  "--peer-heartbeat-cycle",
  "200ms",
  "--max-time-last-heard",
  "500ms",
  "--max-time-no-response",
  "300ms",
  "--peer-redial-max",
  "200ms",
];

/** What `peers -o json` has of one. */
interface Listed {
  readonly identifier: string;
  readonly state: string | null;
  readonly lastHeardAgoMs: number | null;
}

/** Registrars in a scratch folder, and those who use them. */
class Scope implements AsyncDisposable {
  private constructor(readonly scratch: Scratch) {}

  static async open(): Promise<Scope> {
    return new Scope(await Scratch.make());
  }

  /** Starts a registrar, and waits until it serves. */
  registrar(peers: readonly Serving[], ...more: readonly string[]): Promise<Serving> {
    const named = peers.flatMap(({ at }) => ["--peer", at.enrp]);
    return this.scratch.registrar([...LOCAL, ...named, ...more]);
  }

  /** Registers an element of the pool `web`, and waits until it is. */
  async element(registrars: readonly Serving[], port: number): Promise<Running> {
    const where = registrars.flatMap(({ at }) => ["-r", at.asap]);
    const what = ["web", "--port", String(port), "--check", "none", "--drain", "0s"];
    const running = this.scratch.serve("register", [...what, "-v", "--timing", "fast", ...where]);
    await running.ready();
    return running;
  }

  /** Ports and homes of the elements that a registrar hands out. */
  async resolve({ at }: Serving): Promise<string[]> {
    const format = "{port} {home}";
    const args = ["resolve", "web", "-r", at.asap, "--format", format];
    const { code, stdout, stderr } = await this.scratch.run(args);
    if (code === 3) return [];
    assert.equal(code, 0, stderr);
    return stdout.trimEnd().split("\n").sort();
  }

  async peers({ at }: Serving): Promise<Listed[]> {
    const args = ["peers", "-o", "json", "--enrp-registrar", at.enrp];
    const { code, stdout, stderr } = await this.scratch.run(args);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout).peers;
  }

  /** Waits until a registrar knows just these peers, and hears them. */
  async meets(one: Serving, ...others: readonly Serving[]): Promise<void> {
    const expected = others.map(({ at }) => at.identifier).sort();
    await until(`${one.at.identifier} meeting ${expected}`, async () => {
      const peers = await this.peers(one);
      const active = peers.filter(({ state }) => state === "active");
      return String(active.map(({ identifier }) => identifier).sort()) === String(expected);
    });
  }

  /** Waits until a registrar hands these out. */
  async handsOut(one: Serving, ...elements: readonly string[]): Promise<void> {
    const expected = String([...elements].sort());
    await until(`${one.at.identifier} handing out ${expected}`, async () => {
      return String(await this.resolve(one)) === expected;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scratch[Symbol.asyncDispose]();
  }
}

Deno.test("what is registered at one registrar is resolved at the other", async () => {
  await using scope = await Scope.open();
  const first = await scope.registrar([]);
  const before = await scope.element([first], 8081);
  const second = await scope.registrar([first]);
  const home = first.at.identifier;
  // It serves only once it has the table.
  assert.deepEqual(await scope.resolve(second), [`8081 ${home}`]);
  await scope.meets(first, second);
  await scope.meets(second, first);
  const [listed] = await scope.peers(second);
  assert.equal(typeof listed!.lastHeardAgoMs, "number");

  await scope.element([second], 8082);
  await scope.handsOut(first, `8081 ${home}`, `8082 ${second.at.identifier}`);
  await before.stop();
  await scope.handsOut(second, `8082 ${second.at.identifier}`);

  const wide = ["peers", "--wide", "--enrp-registrar", first.at.enrp];
  const { stdout } = await scope.scratch.run(wide);
  assert.match(stdout, /^IDENTIFIER +PROTOCOL +ENDPOINT +STATE +LAST HEARD\n/);
  assert.match(stdout, new RegExp(`^${second.at.identifier} +tcp .* active +[0-9.]+s ago$`, "m"));
});

Deno.test("a third registrar that is told of one meets both", async () => {
  await using scope = await Scope.open();
  const first = await scope.registrar([]);
  const second = await scope.registrar([first]);
  await scope.element([first], 8081);
  const third = await scope.registrar([second]);
  await scope.meets(third, first, second);
  await scope.meets(first, second, third);
  await scope.meets(second, first, third);
  await scope.handsOut(third, `8081 ${first.at.identifier}`);
});

Deno.test("a registrar that is stopped hands its elements over, and none is missed", async () => {
  await using scope = await Scope.open();
  const first = await scope.registrar([]);
  const second = await scope.registrar([first]);
  await scope.meets(first, second);
  // It knows the first one only, so that it cannot find the second one by itself.
  const element = await scope.element([first], 8081);
  await scope.handsOut(second, `8081 ${first.at.identifier}`);
  const stopped = first.stop();
  await until("a new home", async () => {
    const [found] = await scope.resolve(second);
    assert(found !== undefined, "the element is missed");
    return found === `8081 ${second.at.identifier}`;
  });
  const { code, stderr } = await stopped;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /notice: handing-over elements=1 peers=1\n/);
  await until("the end of the first in the list of the second", async () => {
    return (await scope.peers(second)).length === 0;
  });
  await element.stop();
  await scope.handsOut(second);
});

Deno.test("the elements of a registrar that was killed are taken over", async () => {
  await using scope = await Scope.open();
  const first = await scope.registrar([], ...HASTY);
  const second = await scope.registrar([first], ...HASTY);
  const third = await scope.registrar([first, second], ...HASTY);
  for (const each of [second, third]) {
    await scope.meets(each, first, each === second ? third : second);
  }
  await scope.element([first], 8081);
  await scope.handsOut(third, `8081 ${first.at.identifier}`);
  await first.stop("SIGKILL");
  const homes = [second, third].map(({ at }) => `8081 ${at.identifier}`);
  for (const each of [second, third]) {
    await until("a new home", async () => homes.includes((await scope.resolve(each))[0] ?? ""));
    await until("a list without it", async () => (await scope.peers(each)).length === 1);
  }
  assert.match(second.stderr + third.stderr, /warning: taken-over target=/);
});

Deno.test("an element that knows both registrars finds the other one by itself", async () => {
  await using scope = await Scope.open();
  const first = await scope.registrar([]);
  const second = await scope.registrar([first]);
  await scope.meets(first, second);
  const element = await scope.element([first, second], 8081);
  await first.stop("SIGKILL");
  await element.says(new RegExp(`registered at ${second.at.asap}`));
  await scope.handsOut(second, `8081 ${second.at.identifier}`);
});

Deno.test("without its peer it serves alone, and meets it when it comes", async () => {
  await using scope = await Scope.open();
  const earlier = await scope.registrar([]);
  await earlier.stop();
  const alone = await scope.registrar([earlier], ...HASTY);
  assert.match(alone.stderr, /warning: peer-unreachable address=127.0.0.1:\d+ reason=refused/);
  const later = await scope.scratch.registrar([...LOCAL, "--enrp", earlier.at.enrp]);
  await scope.meets(alone, later);
});

Deno.test("all registrars may be given one list, each its own address, too", async () => {
  await using scope = await Scope.open();
  const before = [await scope.registrar([]), await scope.registrar([])];
  for (const each of before) await each.stop();
  const [one, other] = await Promise.all(before.map(({ at }) => {
    return scope.registrar(before, "--enrp", at.enrp, ...HASTY);
  }));
  await scope.meets(one!, other!);
  await scope.meets(other!, one!);
});

Deno.test("a peer may be given by name, and be told of under another address", async () => {
  await using scope = await Scope.open();
  const first = await scope.registrar([]);
  const name = `localhost:${first.at.enrp.split(":")[1]}`;
  const told = ["--advertise-enrp", "192.0.2.7:9907"];
  const second = await scope.scratch.registrar([...LOCAL, "--peer", name, ...told]);
  await scope.meets(second, first);
  await scope.meets(first, second);
  const csv = ["peers", "-o", "csv", "--no-header", "--enrp-registrar", first.at.enrp];
  const { stdout } = await scope.scratch.run(csv);
  assert.equal(stdout, `${second.at.identifier},tcp,192.0.2.7,9907\n`);
});

Deno.test("a registrar that is stopped before it serves ends in order", async () => {
  await using scope = await Scope.open();
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const peer = `127.0.0.1:${(silent.addr as Deno.NetAddr).port}`;
  const listeners = ["--asap", "127.0.0.1:0", "--enrp", "127.0.0.1:0"];
  const running = scope.scratch.serve("registrar", [...LOCAL, ...listeners, "--peer", peer]);
  await running.says(/asking for the handle table/);
  const { code, stderr } = await running.stop();
  assert.equal(code, 0, stderr);
  assert.match(stderr, /stopping before it serves signal=SIGTERM\n/);
  assert.deepEqual(
    [...Deno.readDirSync(`${scope.scratch.folder}/run`)].filter(({ name }) => /ready/.test(name)),
    [],
  );
  silent.close();
});

Deno.test("a loopback element is refused once there is a peer, with a hint", async () => {
  await using scope = await Scope.open();
  const first = await scope.scratch.registrar(["--timing", "fast"]);
  const second = await scope.scratch.registrar(["--timing", "fast", "--peer", first.at.enrp]);
  const args = ["register", "web", "--port", "80", "--check", "none", "-r", second.at.asap];
  const { code, stderr } = await scope.scratch.run(args);
  assert.equal(code, 5);
  assert.match(stderr, /127\.0\.0\.1.*; name an address that others can reach by --address IP\n$/);
});

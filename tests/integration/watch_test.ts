/** `watch` as a process: lines, all pools, a command at every change, pipes and signals. */

import assert from "node:assert/strict";
import { isAlive, type RegistrarAt, type Running, Scratch, untilFolder } from "./harness.ts";

function register(scratch: Scratch, { asap }: RegistrarAt, pool: string, port = "8081"): Running {
  const line = ["--port", port, "--check", "none", "--drain", "1ms", "-r", asap];
  return scratch.serve("register", [pool, ...line]);
}

function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

/** Resolved when a file of the scratch folder holds the words. */
async function untilHolds(scratch: Scratch, name: string, words: RegExp): Promise<string> {
  const path = `${scratch.folder}/${name}`;
  return await untilFolder(scratch.folder, `${words} in ${name}`, () => {
    const text = textOf(path);
    return words.test(text) ? text : undefined;
  });
}

Deno.test("a line for each pool, and for who comes, changes its home and goes", async () => {
  await using scratch = await Scratch.make();
  const options = ["--address-check", "any", "--timing", "fast"];
  const one = await scratch.registrar(options);
  const two = await scratch.registrar([...options, "--peer", one.at.enrp]);
  const watch = scratch.serve("watch", ["web", "db", "-r", two.at.asap]);
  assert.equal((await watch.ready()).pid > 0, true);
  const both = ["-r", one.at.asap, "-r", two.at.asap];
  const line = ["web", "--port", "8081", "--check", "none", "--drain", "1ms", ...both];
  const element = scratch.serve("register", line);
  await watch.prints(/web: 0x[0-9a-f]{8} came: tcp 127\.0\.0\.1:8081, .*\(1 pool element\)\n/);
  one.kill("SIGKILL");
  const { at: { identifier } } = two;
  const home = new RegExp(`changed: home ${one.at.identifier} -> ${identifier}\n`);
  await watch.prints(home);
  element.kill("SIGTERM");
  await watch.prints(/went: tcp 127\.0\.0\.1:8081 \(no pool elements\)\n/);
  const { code, stdout, stderr } = await watch.stop();
  assert.deepEqual([code, stderr], [0, ""]);
  const lines = stdout.trimEnd().split("\n").map((each) => each.split(" ").slice(1).join(" "));
  assert.deepEqual(lines.slice(0, 2).sort(), ["db: no pool elements", "web: no pool elements"]);
  assert.equal(lines.length, 5, stdout);
  await element.ended;
});

Deno.test("--all finds pools that come, and tells once that one has vanished", async () => {
  await using scratch = await Scratch.make();
  const { at } = await scratch.registrar();
  const first = register(scratch, at, "first");
  await first.ready();
  const line = ["--all", "-o", "json", "--pools-interval", "20ms"];
  const where = ["-r", at.asap, "--enrp-registrar", at.enrp];
  const watch = scratch.serve("watch", [...line, ...where, "-v"]);
  await watch.ready();
  const second = register(scratch, at, "second");
  await watch.prints(/"second".*\n/);
  await second.ready();
  assert.equal((await second.stop()).code, 0);
  await watch.prints(/\{"poolHandle":"second","poolElements":\[\]\}\n/);
  const again = register(scratch, at, "second", "8082");
  await watch.prints(/8082.*\n/);
  const { code, stdout } = await watch.stop();
  assert.equal(code, 0);
  const answers = stdout.trimEnd().split("\n").map((each) => JSON.parse(each));
  const sizes = answers.filter(({ poolHandle }) => poolHandle === "second")
    .map(({ poolElements }) => poolElements.length);
  assert.deepEqual(sizes, [1, 0, 1]);
  const once = await scratch.run(["watch", "--all", "--once", ...where]);
  assert.match(once.stdout, /^POOL .*\nfirst .*\nsecond .*\n$/);
  again.kill("SIGKILL");
  first.kill("SIGKILL");
});

Deno.test("a registrar that is away is told, and pools that come then are found", async () => {
  await using scratch = await Scratch.make();
  const registrar = await scratch.registrar();
  const { asap, enrp } = registrar.at;
  const line = ["--all", "--pools-interval", "20ms", "-r", asap, "--enrp-registrar", enrp];
  const watch = scratch.serve("watch", [...line, "--timeout", "1s"]);
  await watch.says(/there is no pool yet/);
  await watch.ready();
  registrar.kill("SIGKILL");
  // It says it once, with its first reason: on a slow machine that may be another one.
  await watch.says(/warning: new pools are not seen for now: \S/);
  await scratch.serve("registrar", ["--asap", asap, "--enrp", enrp]).ready();
  await watch.says(/a registrar says again which pools there are/);
  const element = register(scratch, registrar.at, "web");
  await watch.prints(/web: 0x[0-9a-f]{8} came: /);
  assert.equal((await watch.stop()).code, 0);
  element.kill("SIGKILL");
});

Deno.test("--exec has the whole answer as its input, now and when it changes", async () => {
  await using scratch = await Scratch.make();
  const { at } = await scratch.registrar();
  const command = "cat >>answers";
  const watch = scratch.serve("watch", ["web", "--exec", command, "-r", at.asap]);
  await watch.ready();
  const element = register(scratch, at, "web");
  const text = await untilHolds(scratch, "answers", /8081.*\n/);
  const [empty, answer] = text.split("\n");
  assert.equal(empty, '{"poolHandle":"web","poolElements":[]}');
  const resolved = await scratch.run(["resolve", "web", "-o", "json", "-r", at.asap]);
  assert.equal(`${answer}\n`, resolved.stdout);
  await element.ready();
  assert.equal((await element.stop()).code, 0);
  await untilHolds(scratch, "answers", /8081.*\n.*"poolElements":\[\]\}\n/);
  const { code, stdout, stderr } = await watch.stop();
  assert.deepEqual([code, stdout, stderr], [0, "", ""]);
});

Deno.test("of several pools and of all, the command has all of them", async () => {
  await using scratch = await Scratch.make();
  const { at } = await scratch.registrar();
  const element = register(scratch, at, "web");
  await element.ready();
  const where = ["-r", at.asap, "--enrp-registrar", at.enrp];
  const told = async (...what: string[]) => {
    const { code, stdout } = await scratch.run([
      "watch",
      ...what,
      "--once",
      "--exec",
      "cat",
      ...where,
    ]);
    assert.equal(code, 0);
    const { pools } = JSON.parse(stdout);
    return pools.map((each: { poolHandle: string; poolElements: unknown[] }) =>
      `${each.poolHandle} ${each.poolElements.length}`
    );
  };
  assert.deepEqual(await told("db", "web"), ["db 0", "web 1"]);
  assert.deepEqual(await told("--all"), ["web 1"]);
  element.kill("SIGKILL");
});

Deno.test("a failed command runs again until it succeeds; then the watch is ready", async () => {
  await using scratch = await Scratch.make();
  const { at } = await scratch.registrar();
  const command = "echo run >>runs; test -e wanted";
  const watch = scratch.serve("watch", ["web", "--exec", command, "-r", at.asap]);
  await watch.says(/the command failed: exit code 1; it runs again in 1s/);
  await Deno.writeTextFile(`${scratch.folder}/wanted`, "");
  await watch.says(/the command has succeeded again/);
  await watch.ready();
  assert.equal(textOf(`${scratch.folder}/runs`), "run\nrun\n");
  assert.equal((await watch.stop()).code, 0);
});

Deno.test("a command that reads nothing of a long answer does no harm", async () => {
  await using scratch = await Scratch.make();
  const { at } = await scratch.registrar();
  const longest = "p".repeat(60_000);
  const line = ["--max-handle-bytes", "60000", "-r", at.asap];
  const pools = [`${longest}a`, `${longest}b`, `${longest}c`].map((each) => each.slice(-60_000));
  const commands = ["true", "exec <&-; echo closed", "sleep 5 & exit 0"];
  for (const command of commands) {
    const ran = await scratch.run(["watch", ...pools, ...line, "--once", "--exec", command]);
    assert.deepEqual([ran.code, ran.stderr], [0, ""], command);
  }
});

Deno.test("a command that does not end is ended, with all that it has started", async () => {
  await using scratch = await Scratch.make();
  const { at } = await scratch.registrar();
  const command = 'sleep 1000 & echo "$!" >pid; wait';
  const line = ["watch", "web", "-r", at.asap, "--once", "--exec", command];
  const { code, stderr } = await scratch.run([...line, "--exec-timeout", "300ms"]);
  assert.equal(code, 1);
  assert.match(stderr, /the command failed: not ended in time \(--exec-timeout 300ms\)\n$/);
  assert(!isAlive(Number(textOf(`${scratch.folder}/pid`))));
});

Deno.test("SIGTERM lets a running command end; a second one kills it", async () => {
  await using scratch = await Scratch.make();
  const { at } = await scratch.registrar();
  const patient = "echo begun >>begun; until test -e door; do sleep 0.02; done; echo ended >ended";
  const start = () => scratch.serve("watch", ["web", "--exec", patient, "-r", at.asap]);
  const first = start();
  await untilHolds(scratch, "begun", /begun\n/);
  first.kill("SIGTERM");
  await Deno.writeTextFile(`${scratch.folder}/door`, "open\n");
  assert.equal((await first.ended).code, 0);
  assert.equal(textOf(`${scratch.folder}/ended`), "ended\n");
  await Deno.remove(`${scratch.folder}/door`);
  const second = start();
  await untilHolds(scratch, "begun", /begun\nbegun\n/);
  second.kill("SIGTERM");
  second.kill("SIGINT");
  const { code, tookMs } = await second.ended;
  assert.equal(code, 0);
  assert(tookMs < 5_000, "the second signal did not count");
});

Deno.test("--once: exit codes of an unknown pool, no registrar and a failed command", async () => {
  await using scratch = await Scratch.make();
  const { at: { asap } } = await scratch.registrar();
  const unknown = await scratch.run(["watch", "web", "--once", "-o", "json", "-r", asap]);
  assert.deepEqual([unknown.code, unknown.stdout], [0, '{"poolHandle":"web","poolElements":[]}\n']);
  const away = ["watch", "web", "--once", "-r", "127.0.0.1:1", "--timeout", "200ms"];
  assert.equal((await scratch.run(away)).code, 4);
  const failed = await scratch.run(["watch", "web", "--once", "--exec", "exit 9", "-r", asap]);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /the command failed: exit code 9\n$/);
});

Deno.test("`watch | head -1` ends at its next line, silently, with 141", async () => {
  await using scratch = await Scratch.make();
  const { at } = await scratch.registrar();
  const line = `{ rserpool watch web -r ${at.asap} 2>errors; echo $? >code; } | head -1`;
  const pipe = scratch.spawn("sh", ["-c", line]);
  await pipe.prints(/web: no pool elements\n/);
  const element = register(scratch, at, "web");
  assert.equal(await untilHolds(scratch, "code", /\n/), "141\n");
  assert.equal(textOf(`${scratch.folder}/errors`), "");
  element.kill("SIGKILL");
  await pipe.ended;
});

/** The programs in examples/ do what they say, as a reader would start them. */

import assert from "node:assert/strict";
import { hasProgram, type Running, Scratch } from "./harness.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const NETWORK = ["--allow-net", "--allow-sys=networkInterfaces"];

/** Starts a program with the permissions that its first lines give. */
function start(
  scratch: Scratch,
  name: string,
  flags: readonly string[],
  args: readonly string[] = [],
  { input, env = {} }: { input?: string; env?: Record<string, string> } = {},
): Running {
  const file = `${ROOT}examples/${name}.ts`;
  const deno = ["run", "--no-check", "--no-prompt", ...flags, file, ...args];
  const program = [Deno.execPath(), ...deno];
  if (input === undefined) return scratch.spawn(program[0]!, deno, { env, cwd: ROOT }, name);
  const line = ["-c", 'in=$1; shift; "$@" <"$in"', "sh", input, ...program];
  return scratch.spawn("sh", line, { env, cwd: ROOT }, name);
}

async function toTheEnd(running: Running): Promise<string> {
  const { code, stdout, stderr } = await running.ended;
  assert.equal(code, 0, stderr);
  return stdout;
}

Deno.test("examples/element.ts, user.ts: a server is killed, the client goes on", async () => {
  await using scratch = await Scratch.make();
  const { at } = await scratch.registrar();
  const element = () => start(scratch, "element", NETWORK, ["web", at.asap]);
  const [first, second] = [element(), element()];
  const ports = await Promise.all([first, second].map(async (each) => {
    return (await each.prints(/registered in web as port (\d+)/))[1]!;
  }));
  const ask = async (count: number) => {
    const user = start(scratch, "user", ["--allow-net"], ["web", at.asap, String(count)]);
    return (await toTheEnd(user)).trimEnd().split("\n").sort();
  };
  const both = ports.map((port) => `I am ${port}`).sort();
  assert.deepEqual(await ask(4), [both[0], both[0], both[1], both[1]]);
  first.kill("SIGKILL");
  await first.ended;
  assert.deepEqual([...new Set(await ask(3))], [`I am ${ports[1]}`]);
  assert.equal((await second.stop()).code, 0);
  const alone = await start(scratch, "user", ["--allow-net"], ["web", at.asap]).ended;
  assert.deepEqual([alone.code, alone.stderr], [3, "nobody is in the pool web\n"]);
});

Deno.test({
  name: "examples/session.ts: who is killed has a successor that counts on",
  ignore: !hasProgram("mkfifo"),
  async fn() {
    await using scratch = await Scratch.make();
    const { at } = await scratch.registrar();
    const env = { RSERPOOL_EXAMPLE_KEY: "5a".repeat(32) };
    const flags = [...NETWORK, "--allow-env"];
    const elements = new Map<string, Running>();
    for (let i = 0; i < 2; i++) {
      const element = start(scratch, "session", flags, ["element", at.asap], { env });
      elements.set((await element.prints(/element (\d+) counts/))[1]!, element);
    }
    const input = `${scratch.folder}/lines`;
    assert((await scratch.spawn("mkfifo", [input]).ended).code === 0);
    const user = start(scratch, "session", ["--allow-net"], ["user", at.asap], { input });
    using lines = await Deno.open(input, { write: true });
    const say = (text: string) => lines.write(new TextEncoder().encode(text));
    await say("one\ntwo\n");
    const [, teller] = await user.prints(/2 lines, says (\d+)/);
    elements.get(teller!)!.kill("SIGKILL");
    await say("three\n");
    const [, next] = await user.prints(/3 lines, says (\d+)/);
    assert.notEqual(next, teller);
    assert.match(user.stdout, new RegExp(`from ${teller} to ${next}`));
  },
});

Deno.test("examples/embedded_registrar.ts tells what comes and what goes", async () => {
  await using scratch = await Scratch.make();
  const stdout = await toTheEnd(start(scratch, "embedded_registrar", NETWORK));
  assert.deepEqual(stdout.trimEnd().split("\n"), [
    "+ web",
    "+ web",
    "[ 8081, 8082 ]",
    "web 0x00001f91 available, 5 minutes left",
    "web 0x00001f92 available, 5 minutes left",
    "- web deregistered",
    "- web deregistered",
  ]);
});

Deno.test("examples/simulator.ts plays the same hour for the same seed", async () => {
  await using scratch = await Scratch.make();
  const play = () => toTheEnd(start(scratch, "simulator", [], ["3"]));
  const played = await play();
  assert.match(
    played,
    /^49 virtual minutes, \d+ faults, \d+ messages, .*\nall was as it must be\n$/,
  );
  assert.equal(await play(), played);
});

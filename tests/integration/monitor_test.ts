/** `monitor` in a real terminal: what it shows, how it ends, and that the terminal is as before. */

import assert from "node:assert/strict";
import { hasProgram, isAlive, Scratch, until } from "./harness.ts";
import { Terminal } from "./monitor/terminal.ts";

const ignore = !hasProgram("tmux");
const BUGGY = decodeURIComponent(new URL("monitor/buggy.ts", import.meta.url).pathname);
const CONFIGURATION = decodeURIComponent(new URL("../../deno.json", import.meta.url).pathname);

/** The shell tells the state of the terminal before and after, the exit code, and the pid. */
function wrapped(command: string): string {
  return `stty -a >before; ${command}; echo "code $?"; stty -a >after; touch over`;
}

function pidOf(words: RegExp): number {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const line = Deno.readTextFileSync(`/proc/${name}/cmdline`).replaceAll("\0", " ");
      if (words.test(line) && !/bash|tmux/.test(line.split(" ")[0]!)) return Number(name);
    } catch { // It has ended.
    }
  }
  return assert.fail(`no process ${words}`);
}

/** What a test has: a registrar, a terminal, and a monitor in it that shows an element. */
async function monitor(scratch: Scratch, size: readonly [number, number] = [80, 24]) {
  const registrar = await scratch.registrar(["--address-check", "any", "--timing", "fast"]);
  const register = ["--port", "80", "--address", "192.0.2.7", "--no-asap"];
  await scratch.serve("register", ["web", ...register, "-r", registrar.at.asap]).ready();
  const terminal = await Terminal.open(scratch, ...size);
  const command = `monitor --interval 200ms --enrp-registrar ${registrar.at.enrp}`;
  return { registrar, terminal, command };
}

async function shown(terminal: Terminal, command: string): Promise<void> {
  await terminal.line(wrapped(`rserpool ${command}`));
  await terminal.shows(/1\/1 registrars {2}1 pool {2}1 element/);
  assert.equal(await terminal.fact("alternate_on"), "1");
  assert.equal(await terminal.fact("cursor_flag"), "0");
}

/** The shell is back, and everything is as it was. */
async function restored(scratch: Scratch, terminal: Terminal, code: number): Promise<string> {
  const screen = await terminal.shows(new RegExp(`^code ${code}$`, "m"));
  assert.equal(await terminal.fact("alternate_on"), "0");
  assert.equal(await terminal.fact("cursor_flag"), "1");
  const states = ["before", "after"].map((name) => `${scratch.folder}/${name}`);
  await until("the end of the line", async () => {
    await Deno.stat(`${scratch.folder}/over`);
    return true;
  });
  const [before, after] = states.map((path) => Deno.readTextFileSync(path));
  assert.match(before!, /icanon/);
  assert.equal(after, before);
  return screen;
}

Deno.test({
  name: "keys: views, filter, sort, pause, resize and quit, on a real screen",
  ignore,
  fn: async () => {
    await using scratch = await Scratch.make();
    const { terminal: opened, command } = await monitor(scratch);
    await using terminal = opened;
    await shown(terminal, command);
    await terminal.shows(/^web +1 +round-robin/m);
    await terminal.keys("Enter");
    await terminal.shows(/^web +0x[0-9a-f]{8} +tcp 192\.0\.2\.7:80/m);
    await terminal.keys("3");
    await terminal.shows(/^0x[0-9a-f]{8} +127\.0\.0\.1:\d+ +answers/m);
    await terminal.keys("1", "/", "n", "o", "n", "e");
    await terminal.shows(/nothing fits the filter[^]*\/none_/);
    // No key begins with it within escapeMs: so it is one.
    await terminal.keys("Escape");
    await terminal.shows(/^web /m);
    await terminal.keys("s", "p");
    await terminal.shows(/PAUSED[^]*^POOL\+ /m);
    await terminal.keys("p");
    await terminal.resize(40, 6);
    const small = await terminal.shows(/^rserpool monitor {2}[0-9:]{8}Z {2}1\/1 regis.*~$/m);
    assert.equal(small.trimEnd().split("\n").length, 6, small);
    await terminal.resize(100, 30);
    await terminal.shows(/^Events$[^]*q quit.*Esc back$/m);
    await terminal.resize(80, 24);
    await terminal.shows(/1 element/);
    await terminal.keys("q");
    await restored(scratch, terminal, 0);
  },
});

Deno.test({
  name: "the registrar dies, is shown as away, and comes back",
  ignore,
  fn: async () => {
    await using scratch = await Scratch.make();
    const { registrar, terminal: opened, command } = await monitor(scratch, [100, 24]);
    await using terminal = opened;
    await shown(terminal, command);
    await registrar.stop("SIGKILL");
    await terminal.shows(/0\/1 registrars {2}1 pool {2}1 element {2}\(as last told\)/);
    await terminal.keys("3");
    await terminal.shows(/away \d+s: connection/);
    const { asap, enrp } = registrar.at;
    const args = ["--asap", asap, "--enrp", enrp, "--address-check", "any"];
    await scratch.serve("registrar", args).ready();
    await terminal.shows(/answers again/);
    await terminal.shows(/is another registrar than before/);
    await terminal.keys("C-c");
    await restored(scratch, terminal, 0);
  },
});

for (
  const [signal, code] of [
    ["SIGTERM", 0],
    ["SIGINT", 0],
    ["SIGHUP", 129],
    ["SIGQUIT", 131],
  ] as const
) {
  Deno.test({
    name: `${signal} from outside: the terminal is as before, the exit code is ${code}`,
    ignore,
    fn: async () => {
      await using scratch = await Scratch.make();
      const { terminal: opened, command, registrar } = await monitor(scratch);
      await using terminal = opened;
      await shown(terminal, command);
      Deno.kill(pidOf(new RegExp(`monitor .*${registrar.at.enrp}`)), signal);
      await restored(scratch, terminal, code);
    },
  });
}

Deno.test({
  name: "Ctrl-Z and SIGTSTP: the shell is back with its screen; fg brings the monitor back",
  ignore,
  fn: async () => {
    await using scratch = await Scratch.make();
    const { terminal: opened, command, registrar } = await monitor(scratch);
    await using terminal = opened;
    await terminal.line("stty -a >before");
    await terminal.line(`rserpool ${command}`);
    await terminal.shows(/1\/1 registrars {2}1 pool {2}1 element/);
    const stopped = async () => {
      await terminal.shows(/Stopped +rserpool/);
      assert.equal(await terminal.fact("alternate_on"), "0");
      await terminal.line("clear; fg");
      await terminal.shows(/1\/1 registrars {2}1 pool {2}1 element/);
      assert.equal(await terminal.fact("alternate_on"), "1");
    };
    await terminal.keys("C-z");
    await stopped();
    Deno.kill(pidOf(new RegExp(`monitor .*${registrar.at.enrp}`)), "SIGTSTP");
    await stopped();
    // Raw again: a key is taken without Enter.
    await terminal.keys("2");
    await terminal.shows(/tcp 192\.0\.2\.7:80/);
    await terminal.keys("q");
    await terminal.shows(/\$ *$/m);
    await terminal.line(`echo "code $?"; stty -a >after; touch over`);
    await restored(scratch, terminal, 0);
  },
});

Deno.test({
  name: "a terminal that is closed ends it",
  ignore,
  fn: async () => {
    await using scratch = await Scratch.make();
    const { terminal, command, registrar } = await monitor(scratch);
    await shown(terminal, command);
    const pid = pidOf(new RegExp(`monitor .*${registrar.at.enrp}`));
    await terminal[Symbol.asyncDispose]();
    await until("its end", () => Promise.resolve(!isAlive(pid)));
  },
});

Deno.test({
  name: "a bug: the terminal is as before, and what it says stands on the shell's screen",
  ignore,
  fn: async () => {
    await using scratch = await Scratch.make();
    const { terminal: opened, command } = await monitor(scratch);
    await using terminal = opened;
    const deno = `deno run -A --config ${CONFIGURATION} ${BUGGY}`;
    await terminal.line(wrapped(`${deno} ${command}`));
    await terminal.shows(/1\/1 registrars {2}1 pool {2}1 element/);
    Deno.kill(pidOf(/monitor\/buggy\.ts monitor /), "SIGUSR2");
    const screen = await restored(scratch, terminal, 70);
    assert.match(screen, /rserpool: this is a bug in rserpool: Error: this was\s*foreseen/);
  },
});

Deno.test("not a terminal: an answer, then a line for each change; -o json answers", async () => {
  await using scratch = await Scratch.make();
  const registrar = await scratch.registrar(["--address-check", "any"]);
  const at = ["--interval", "200ms", "--enrp-registrar", registrar.at.enrp];
  const text = scratch.serve("monitor", at);
  await text.ready();
  const json = scratch.start(["monitor", ...at, "-o", "json"]);
  await text.prints(/^IDENTIFIER[^]*Elements: there is no pool\n/);
  await json.prints(/"pools":\[\]\}\n/);
  const register = ["--port", "80", "--address", "192.0.2.7", "--no-asap"];
  const element = scratch.serve("register", ["web", ...register, "-r", registrar.at.asap]);
  await element.ready();
  await text.prints(/^\S+Z handlespace: web: 0x[0-9a-f]{8} came: tcp 192\.0\.2\.7:80/m);
  await json.prints(/"pools":\[\{"poolHandle":"web"/);
  const once = ["monitor", "--once", "--enrp-registrar", registrar.at.enrp];
  const answer = await scratch.run([...once, "-o", "json"]);
  const [pool] = JSON.parse(answer.stdout).pools;
  assert.deepEqual(pool.poolElements[0].knownTo, [registrar.at.identifier]);
  assert.match((await scratch.run([...once, "-o", "csv"])).stdout, /^pool,identifier,[^]*\nweb,/);
  await registrar.stop("SIGKILL");
  await text.prints(/: warning: does not answer: \S/);
  await json.prints(/"state":"away","awayMs":\d+,"reason":"/);
  assert.ok(!text.stdout.includes("\x1b"), "no sequences for a terminal");
  const away = await scratch.run(once);
  assert.deepEqual([away.code, away.stdout], [4, ""]);
  assert.deepEqual([(await text.stop()).code, (await json.stop("SIGINT")).code], [0, 0]);
});

Deno.test("--http: a registrar's events as they happen, and for how long it is up", async () => {
  await using scratch = await Scratch.make();
  const registrar = await scratch.registrar(["--http", "127.0.0.1:0", "--address-check", "any"]);
  const { http } = await registrar.ready() as unknown as { http: string[] };
  const at = ["--enrp-registrar", registrar.at.enrp, "--http", http[0]!];
  const monitor = scratch.start(["monitor", "--interval", "200ms", ...at]);
  await monitor.prints(/: its events are followed\n| its events are followed$/m);
  const register = ["--port", "80", "--address", "192.0.2.7", "--no-asap"];
  await scratch.serve("register", ["web", ...register, "-r", registrar.at.asap]).ready();
  await monitor.prints(/^\S+Z 127\.0\.0\.1:\d+: pool-element-registered .*poolHandle=web /m);
  const { stdout } = await scratch.run(["monitor", "--once", ...at]);
  assert.match(stdout, / answers +1 +1 +0 +\d+ms +\d+s /);
  assert.equal((await monitor.stop()).code, 0);
});

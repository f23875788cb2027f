/** `connect` and `report-unreachable` as processes: pipes, signals, killed elements. */

import assert from "node:assert/strict";
import { formatIdentifier, PoolElement } from "../../mod.ts";
import { addressOf } from "./bad_input/stage.ts";
import { type RegistrarAt, type Running, Scratch } from "./harness.ts";

const SERVER = decodeURIComponent(new URL("servers/echo_server.ts", import.meta.url).pathname);
/** More than all buffers on the way hold together. */
const BULK_BYTES = 48 * 1024 * 1024;

/** A registrar, and a pool "echo" whose elements are processes of their own. */
class Stage implements AsyncDisposable {
  readonly servers: Running[] = [];

  private constructor(
    readonly scratch: Scratch,
    readonly registrar: Running & { readonly at: RegistrarAt },
  ) {}

  static async set(elements: number): Promise<Stage> {
    const scratch = await Scratch.make();
    const stage = new Stage(scratch, await scratch.registrar(["-v"]));
    for (let id = 1; id <= elements; id++) {
      const server = scratch.spawn(Deno.execPath(), ["run", "-A", SERVER]);
      stage.servers.push(server);
      const [port] = await server.prints(/^\d+(?=\n)/);
      await stage.register("echo", "--id", String(id), "--port", port);
    }
    return stage;
  }

  /** Registers something that is not looked at. */
  async register(pool: string, ...args: string[]): Promise<Running> {
    const running = this.scratch.serve("register", [pool, "--check", "none", ...args], this.env);
    await running.ready();
    return running;
  }

  /** A command line of the shell. */
  shell(line: string): Running {
    return this.scratch.spawn("sh", ["-c", line], this.env);
  }

  /** What rserpool says to a command line. */
  run(...args: string[]) {
    return this.scratch.run(args, this.env);
  }

  get env() {
    return { env: { RSERPOOL_REGISTRAR: this.registrar.at.asap } };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scratch[Symbol.asyncDispose]();
  }
}

/** A `connect` whose standard input is written by the test. */
class Conversation {
  private constructor(readonly process: Running, private readonly input: Deno.FsFile) {}

  static async open(stage: Stage, options: string): Promise<Conversation> {
    const fifo = `${stage.scratch.folder}/input`;
    const made = await new Deno.Command("mkfifo", { args: [fifo] }).output();
    assert(made.success);
    const process = stage.shell(`exec rserpool connect echo ${options} <"${fifo}"`);
    // It is opened when somebody reads.
    return new Conversation(process, await Deno.open(fifo, { write: true }));
  }

  /** Says a line, which comes back. */
  async say(line: string): Promise<void> {
    await this.input.write(new TextEncoder().encode(`${line}\n`));
    await this.process.prints(new RegExp(`^${line}$`, "m"));
  }

  /** Ends the input. */
  end(): void {
    this.input.close();
  }

  /** Which element it is connected to, by its identifier. */
  async peer(before = 0): Promise<number> {
    const words = /(?:connected to|failed over from .* to) 0x0000000(\d) at /;
    return Number((await this.process.says(words, before))[1]);
  }
}

Deno.test("what goes through it comes back bit by bit, beyond all buffers", async () => {
  await using stage = await Stage.set(1);
  const bulk = `${stage.scratch.folder}/bulk`;
  const bytes = new Uint8Array(BULK_BYTES);
  for (let at = 0; at < bytes.length; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  await Deno.writeFile(bulk, bytes);
  const line = `{ rserpool connect echo -q <"${bulk}"; echo $? >&2; } | cmp - "${bulk}"`;
  const { code, stdout, stderr } = await stage.shell(line).ended;
  assert.deepEqual([code, stdout, stderr], [0, "", "0\n"]);
});

Deno.test("an element that is killed is lost, and another one may be taken", async () => {
  await using stage = await Stage.set(2);
  const talk = await Conversation.open(stage, "--failover");
  const first = await talk.peer();
  await talk.say("before");
  const said = talk.process.stderr.length;
  stage.servers[first - 1]!.kill("SIGKILL");
  const second = await talk.peer(said);
  assert.notEqual(second, first);
  await talk.say("behind");
  const [words] = await talk.process.says(/failed over .*/);
  assert.match(
    words,
    /to the first 7 bytes had been sent, 7 bytes received, and what was on its w/,
  );
  talk.end();
  const { code, stdout } = await talk.process.ended;
  assert.deepEqual([code, stdout], [0, "before\nbehind\n"]);
});

Deno.test("without --failover a later loss is exit 1, and names what was passed", async () => {
  await using stage = await Stage.set(1);
  const talk = await Conversation.open(stage, "");
  await talk.say("before");
  stage.servers[0]!.kill("SIGKILL");
  const { code, stdout, stderr } = await talk.process.ended;
  talk.end();
  assert.deepEqual([code, stdout], [1, "before\n"]);
  assert.match(stderr, /0x00000001 at .* the input did: 7 bytes had been sent to it, 7 bytes rec/);
});

Deno.test("elements where nobody listens are reported once each, and left", async () => {
  await using stage = await Stage.set(1);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  await stage.register("echo", "--id", "7", "--port", String(listener.addr.port));
  // Of two connections in turn, one begins with each.
  for (let i = 0; i < 2; i++) {
    const { code, stdout } = await stage.shell("echo hello | rserpool connect echo").ended;
    assert.deepEqual([code, stdout], [0, "hello\n"]);
  }
  await stage.registrar.says(/unreachable-reported .*identifier=0x00000007/);
  assert.equal(stage.registrar.stderr.match(/unreachable-reported/g)!.length, 1);
  const { code, stdout, stderr } = await stage.run("connect", "echo", "--to", "7");
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /cannot connect to pool element 0x00000007 at .*: connection refused\n$/);
});

Deno.test("a reader that goes ends it with 141, silently; SIGINT by the signal", async () => {
  await using stage = await Stage.set(1);
  const line = "{ yes | rserpool connect echo -q; echo $? >&2; } | head -n 1";
  const piped = await stage.shell(line).ended;
  assert.deepEqual([piped.stdout, piped.stderr], ["y\n", "141\n"]);
  const talk = await Conversation.open(stage, "");
  await talk.say("hello");
  const { signal } = await talk.process.stop("SIGINT");
  talk.end();
  assert.equal(signal, "SIGINT");
});

Deno.test("of a pool with a control channel the data goes through, and nothing else", async () => {
  await using stage = await Stage.set(0);
  const registrars = [addressOf(stage.registrar.at.asap)];
  await using element = new PoolElement({ registrars, poolHandle: "time", port: 0, use: 1 });
  await element.serve((session) => session.send(new TextEncoder().encode("12:00\n")));
  await element.register();
  const { code, stdout, stderr } = await stage.run("connect", "time");
  assert.deepEqual([code, stdout], [0, "12:00\n"], stderr);
  assert.equal(
    (await stage.run("report-unreachable", "time", formatIdentifier(element.identifier))).code,
    7,
  );
});

Deno.test("elements over udp, and those that speak otherwise, are refused", async () => {
  await using stage = await Stage.set(0);
  const { port } = addressOf(stage.registrar.at.asap);
  await stage.register("dns", "--protocol", "udp", "--port", "53");
  await stage.register("calc", "--use", "data+control", "--port", String(port));
  for (
    const [pool, words] of [["dns", /by udp, not by tcp/], ["calc", /cannot connect/]] as const
  ) {
    const { code, stdout, stderr } = await stage.run("connect", pool, "--timeout", "500ms");
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, words);
  }
});

Deno.test("report-unreachable tries first; by force it is logged, and evicts nobody", async () => {
  await using stage = await Stage.set(1);
  const living = await stage.run("report-unreachable", "echo", "1");
  assert.deepEqual([living.code, living.stdout], [7, ""]);
  assert.match(living.stderr, /0x00000001 at .* can be connected to: nothing is reported/);
  const forced = await stage.run("report-unreachable", "echo", "0x1", "--force");
  assert.deepEqual([forced.code, forced.stderr], [0, ""]);
  assert.match(forced.stdout, /^sent to 127.0.0.1:\d+: .* \(not tried\); the registrar decides/);
  await stage.registrar.says(
    /warning: report-forced remote=127.0.0.1:\d+ poolHandle=echo identifier=0x00000001/,
  );
  await stage.registrar.says(/unreachable-reported/);
  assert.equal((await stage.run("resolve", "echo")).code, 0);
  stage.servers[0]!.kill("SIGKILL");
  await stage.servers[0]!.ended;
  const dead = await stage.run("report-unreachable", "echo", "1");
  assert.deepEqual([dead.code, dead.stderr], [0, ""]);
  assert.equal(stage.registrar.stderr.match(/report-forced/g)!.length, 1);
});

Deno.test("report-unreachable: who is refused is told, where the registrar tells", async () => {
  await using scratch = await Scratch.make();
  const write = (name: string, text: string) =>
    Deno.writeTextFile(`${scratch.folder}/${name}`, text, { mode: 0o600 });
  const key = "2e".repeat(32);
  await write("keys.psk", `oncall:${key}\n`);
  await write("own.psk", key);
  await write(
    "secured.yaml",
    "security:\n  psk-keys: keys.psk\n  identities:\n    - {psk: oncall, operate: true}\n",
  );
  const args = [
    "--config",
    "secured.yaml",
    "--asap-psk",
    "127.0.0.1:0",
    "--enrp-psk",
    "127.0.0.1:0",
  ];
  const registrar = await scratch.registrar(args);
  const { asapPsk } = await registrar.ready() as unknown as { asapPsk: string[] };
  const line = ["report-unreachable", "web", "1", "--force"];
  const plain = await scratch.run([...line, "-r", registrar.at.asap]);
  assert.deepEqual([plain.code, plain.stdout], [6, ""]);
  const holds = ["--psk-identity", "oncall", "--psk-file", "own.psk"];
  const known = await scratch.run([...line, "-r", asapPsk[0]!, ...holds]);
  assert.deepEqual([known.code, known.stderr], [0, ""]);
  await registrar.says(/report-forced remote=\S+ identity=psk:oncall poolHandle=web/);
});

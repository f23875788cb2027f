/** `register` as a process: its signals, its ready file, its loads, and what registrars answer. */
import assert from "node:assert/strict";
import {
  asap,
  type AsapMessage,
  CAUSE,
  DecodeFailure,
  MessageSplitter,
  type PoolElementValue,
  PoolUser,
  transportTlv,
} from "../../mod.ts";
import { isAlive, type Running, Scratch, until, untilFolder } from "./harness.ts";

const DEBUGGER = { hostname: "127.0.0.1", port: 9229 };

/** A scratch folder with a registrar, and one who asks it. */
class House implements AsyncDisposable {
  private constructor(
    readonly scratch: Scratch,
    readonly at: string,
    readonly registrar: Running,
    private readonly user: PoolUser,
  ) {}

  static async open(): Promise<House> {
    const scratch = await Scratch.make();
    const registrar = await scratch.registrar();
    const [host, port] = registrar.at.asap.split(":") as [string, string];
    const registrars = [{ host, port: Number(port) }];
    const user = new PoolUser({ registrars, timing: { staleCacheValueMs: 0 } });
    return new House(scratch, registrar.at.asap, registrar, user);
  }

  /** Starts `register` for the pool `kid`, without a check. */
  register(options: readonly string[], ...command: readonly string[]): Running {
    const all = ["kid", "-r", this.at, "--port", "8083", "--check", "none", ...options];
    return this.scratch.serve("register", [
      ...all,
      ...(command.length > 0 ? ["--"] : []),
      ...command,
    ]);
  }

  async elements(): Promise<readonly PoolElementValue[]> {
    try {
      return (await this.user.resolve("kid")).poolElements;
    } catch {
      return [];
    }
  }

  /** Resolves once a file of this name is in the folder. */
  async file(name: string): Promise<void> {
    await untilFolder(this.scratch.folder, name, () => {
      for (const entry of Deno.readDirSync(this.scratch.folder)) {
        if (entry.name === name) return true;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.user.close();
    await this.scratch[Symbol.asyncDispose]();
  }
}

const sh = (script: string) => ["sh", "-c", script];
/** Waits without end, so that a signal's trap runs at once. */
const WAIT = "while :; do sleep 0.02; done";

Deno.test("the ready file tells who is registered, and is gone after a clean end", async () => {
  await using house = await House.open();
  const running = house.register(["--drain", "0s", "--id", "0x5562e917"], "sleep", "1000");
  const ready = await running.ready();
  const { childPid, home, pid } = ready;
  const keys = { poolHandle: "kid", identifier: "0x5562e917", home, pid: running.pid, childPid };
  assert.deepEqual(ready, keys);
  assert.equal(pid, running.pid);
  const [element] = await house.elements();
  assert.equal(home, `0x${element!.home.toString(16).padStart(8, "0")}`);
  const outcome = await running.stop();
  assert.equal(outcome.code, 143);
  assert.equal(isAlive(childPid), false);
  const file = `${house.scratch.folder}/run/2-register.ready`;
  await assert.rejects(Deno.stat(file), Deno.errors.NotFound);
});

Deno.test("SIGTERM: de-registered, then drained, then the child's own end and code", async () => {
  await using house = await House.open();
  const script = `trap 'date +%s%3N >ended; exit 9' TERM; ${WAIT}`;
  const running = house.register(["--drain", "300ms"], ...sh(script));
  await running.ready();
  const { code, stderr } = await running.stop();
  assert.equal(code, 9);
  assert.deepEqual(await house.elements(), []);
  const deregistered = /^(\S+) .*de-registered$/m.exec(stderr)!;
  const ended = Number(await Deno.readTextFile(`${house.scratch.folder}/ended`));
  const drainedMs = ended - Date.parse(deregistered[1]!);
  assert.ok(drainedMs >= 299, `SIGTERM came ${drainedMs} ms after the de-registration`);
});

Deno.test("a second signal skips the drain", async () => {
  await using house = await House.open();
  const running = house.register(["--drain", "1h"], "sleep", "1000");
  await running.ready();
  running.kill("SIGTERM");
  await running.says(/de-registered/);
  assert.equal((await running.stop("SIGINT")).code, 143);
});

Deno.test("without a command: SIGTERM exits 0, and a dead registrar does not hang it", async () => {
  await using house = await House.open();
  const running = house.register(["--drain", "0s"]);
  const other = house.register(["--drain", "0s"]);
  await running.ready();
  await other.ready();
  assert.equal((await running.stop()).code, 0);
  assert.equal((await house.elements()).length, 1);
  await house.registrar.stop("SIGKILL");
  const began = performance.now();
  assert.equal((await other.stop()).code, 0);
  assert.ok(performance.now() - began < 10_000);
});

Deno.test("SIGUSR1 reaches the child, and Deno's debugger is closed", async () => {
  await using house = await House.open();
  const running = house.register(["--drain", "0s"], ...sh(`trap ': >heard' USR1; ${WAIT}`));
  await running.ready();
  running.kill("SIGUSR1");
  await house.file("heard");
  for (const process of [running, house.registrar]) {
    // Half a second after its start Deno begins to listen to the signal, too.
    await until("the debugger being opened", async () => {
      process.kill("SIGUSR1");
      await house.elements();
      return /Debugger listening/.test(process.stderr);
    });
    await until("the debugger being closed", isDebuggerClosed);
  }
  assert.equal((await running.stop()).code, 143);
});

async function isDebuggerClosed(): Promise<boolean> {
  try {
    (await Deno.connect(DEBUGGER)).close();
    return false;
  } catch (error) {
    return error instanceof Deno.errors.ConnectionRefused;
  }
}

Deno.test("SIGHUP without a terminal reaches the child, and nohup keeps it off", async () => {
  await using house = await House.open();
  const running = house.register(["--drain", "0s"], ...sh(`trap ': >heard' HUP; ${WAIT}`));
  await running.ready();
  running.kill("SIGHUP");
  await house.file("heard");
  assert.equal((await running.stop()).code, 143);

  const file = `${house.scratch.folder}/run/nohup.ready`;
  const options = ["-r", house.at, "--port", "8083", "--check", "none", "--drain", "0s"];
  const args = ["register", "kid", ...options, "--ready-file", file, "--", "sleep", "1000"];
  const hung = house.scratch.spawn("nohup", ["rserpool", ...args]);
  await untilFolder(`${house.scratch.folder}/run`, "ready", () => {
    for (const { name } of Deno.readDirSync(`${house.scratch.folder}/run`)) {
      if (name === "nohup.ready") return true;
    }
  });
  hung.kill("SIGHUP");
  hung.kill("SIGTERM");
  const outcome = await hung.ended;
  assert.equal(outcome.code, 143);
  assert.match(outcome.stderr, /SIGTERM: stopping/);
  assert.doesNotMatch(outcome.stderr, /SIGHUP|terminal/);
});

Deno.test("a new load is registered at once, a bad one is told and the last one kept", async () => {
  await using house = await House.open();
  const file = `${house.scratch.folder}/load`;
  const write = async (text: string) => {
    await Deno.writeTextFile(`${file}.new`, text);
    await Deno.rename(`${file}.new`, file);
  };
  const load = async () => {
    const [element] = await house.elements();
    return element?.policy.name === "least-used" ? element.policy.load : undefined;
  };
  await write("0.5");
  const options = ["--policy", "least-used", "--load", `file:${file}`, "--load-interval", "20ms"];
  const running = house.register([...options, "--drain", "0s"]);
  await running.ready();
  assert.equal(await load(), 0x80000000);
  await write("0xff\n");
  await until("the new load", async () => await load() === 0xff);
  await write("much");
  await running.says(/--load: "much" is not a load/);
  assert.equal(await load(), 0xff);
  assert.equal((await running.stop()).code, 0);
});

type Registration = Extract<AsapMessage, { type: "ASAP_REGISTRATION" }>;

/** A registrar that rejects every registration with one cause. */
function rejecting(causeOf: (message: Registration) => { code: number; information: Uint8Array }) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answer = async (connection: Deno.Conn) => {
    const splitter = new MessageSplitter();
    for await (const chunk of connection.readable) {
      for (const split of splitter.split(chunk)) {
        const decoded = split.kind === "garbage" ? undefined : asap.decode(split.bytes);
        if (decoded === undefined || decoded instanceof DecodeFailure) continue;
        const { message } = decoded;
        if (message.type !== "ASAP_REGISTRATION") continue;
        const { poolHandle, poolElement: { identifier: peIdentifier } } = message;
        const causes = [causeOf(message)];
        const type = "ASAP_REGISTRATION_RESPONSE";
        await connection.write(
          asap.encode({ type, reject: true, poolHandle, peIdentifier, causes }),
        );
      }
    }
  };
  const serve = async () => {
    for await (const connection of listener) answer(connection);
  };
  serve();
  return { at: `127.0.0.1:${(listener.addr as Deno.NetAddr).port}`, close: () => listener.close() };
}

Deno.test("a loopback address that is refused: exit 5 with a hint to --address", async () => {
  await using scratch = await Scratch.make();
  const registrar = rejecting(({ poolElement }) => ({
    code: CAUSE.invalidValues,
    information: transportTlv(poolElement.transport),
  }));
  const args = ["register", "web", "-r", registrar.at, "--port", "80", "--check", "none"];
  const { code, stderr } = await scratch.run(args);
  registrar.close();
  assert.equal(code, 5);
  assert.match(stderr, /Invalid Values \(in the TCP Transport: 127\.0\.0\.1, port 80\)/);
  assert.match(stderr, /name an address that others can reach by --address IP/);
});

Deno.test("rejected for security: exit 6, and the child is ended", async () => {
  await using scratch = await Scratch.make();
  const code = CAUSE.rejectedDueToSecurityConsiderations;
  const registrar = rejecting(() => ({ code, information: new Uint8Array(0) }));
  const options = ["-r", registrar.at, "--port", "80", "--check", "none"];
  const command = sh("echo $$ >pid; exec sleep 1000");
  const outcome = await scratch.run(["register", "web", ...options, "--", ...command]);
  registrar.close();
  assert.equal(outcome.code, 6);
  assert.match(outcome.stderr, /Rejected due to security considerations/);
  assert.equal(isAlive(Number(await Deno.readTextFile(`${scratch.folder}/pid`))), false);
});

Deno.test("--help says that there is no deregister, and has examples", async () => {
  await using scratch = await Scratch.make();
  const { code, stdout } = await scratch.run(["register", "--help"]);
  assert.equal(code, 0);
  assert.match(stdout, /no command to de-register.*\(RFC 5352 §2\.2\.2\)/s);
  assert.match(stdout, /Examples:\n {2}\$ rserpool register web --port 8081/);
});

/**
 * The main job on real input: a registrar, real web servers that are started and registered by
 * `register`, one that runs already, and what happens to those who ask when each of them dies.
 */
import assert from "node:assert/strict";
import { PoolUser, type SocketAddress, UnknownPoolHandle } from "../../mod.ts";
import { hasProgram, type Running, Scratch, until } from "./harness.ts";

/** Within it, an element is gone whose process, or whose `register`, was killed on this host. */
const GONE_AT_ONCE_MS = 1_000;
const CHECK_INTERVAL_MS = 200;
const CHECK_TIMEOUT_MS = 1_000;
const CHECK_FALL = 3;
/** A service that runs elsewhere is gone after as many failed checks, and a second of leeway. */
const GONE_AFTER_CHECKS_MS = CHECK_FALL * CHECK_INTERVAL_MS + CHECK_TIMEOUT_MS + 1_000;
/** All elements are back at a registrar that was started anew: the next round of their hunt. */
const BACK_MS = 30_000;

const HERE = decodeURIComponent(new URL(".", import.meta.url).pathname);

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

function addressOf(text: string): SocketAddress {
  const { hostname: host, port } = new URL(`tcp://${text}`);
  return { host, port: Number(port) };
}

/** A registrar and who is registered at it. */
class House implements AsyncDisposable {
  readonly groups: number[] = [];
  private readonly elements: Running[] = [];

  private constructor(
    readonly scratch: Scratch,
    public registrar: Awaited<ReturnType<Scratch["registrar"]>>,
    private readonly user: PoolUser,
  ) {}

  static async open(): Promise<House> {
    const scratch = await Scratch.make();
    const registrar = await scratch.registrar(["-v"]);
    const registrars = [addressOf(registrar.at.asap)];
    // Every question goes to the registrar.
    const user = new PoolUser({ registrars, timing: { staleCacheValueMs: 0 } });
    return new House(scratch, registrar, user);
  }

  /** Starts `register` and waits until it is registered. */
  async register(pool: string, port: number, ...args: string[]): Promise<Element> {
    const base = [pool, "-r", this.registrar.at.asap, "--port", String(port)];
    const running = this.scratch.serve("register", [...base, ...args]);
    this.elements.push(running);
    const { childPid } = await running.ready();
    if (childPid !== undefined) this.groups.push(childPid);
    return { running, port, childPid };
  }

  /** The ports of the elements that pool users are sent to now. */
  async ports(pool: string): Promise<number[]> {
    try {
      const { poolElements } = await this.user.resolve(pool);
      return poolElements.map(({ transport }) => "port" in transport ? transport.port : 0).sort();
    } catch (error) {
      if (error instanceof UnknownPoolHandle) return [];
      throw error;
    }
  }

  /** The port of the element that a pool user is sent to first. */
  async first(pool: string): Promise<number> {
    const { poolElements: [element] } = await this.user.resolve(pool);
    return (element!.transport as { port: number }).port;
  }

  /** Stops the registrar and starts another one at the same addresses. */
  async restartRegistrar(): Promise<void> {
    const { asap, enrp } = this.registrar.at;
    assert.equal((await this.registrar.stop()).code, 0);
    const again = this.scratch.serve("registrar", ["--asap", asap, "--enrp", enrp, "-v"]);
    await again.ready();
    this.registrar = Object.assign(again, { at: this.registrar.at });
  }

  /** Kills something and returns for how long somebody was still sent to the port. */
  async killed(pool: string, port: number, kill: () => void): Promise<number> {
    assert.ok((await this.ports(pool)).includes(port), `${port} is not in the pool`);
    kill();
    const killedAt = performance.now();
    return await until(`pool element ${port} being gone`, async () => {
      return !(await this.ports(pool)).includes(port) && performance.now() - killedAt;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.user.close();
    for (const element of this.elements) element.kill("SIGTERM");
    for (const element of this.elements) element.kill("SIGINT"); // a second signal: no drain
    for (const element of this.elements) await element.ended;
    for (const group of this.groups) killGroup(group);
    await this.scratch[Symbol.asyncDispose]();
  }
}

interface Element {
  readonly running: Running;
  readonly port: number;
  readonly childPid: number;
}

function killGroup(group: number): void {
  try {
    Deno.kill(-group, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** python3's own web server, with a page that says its port. */
async function pythonServer(house: House, port: number): Promise<string[]> {
  const directory = `${house.scratch.folder}/${port}`;
  await Deno.mkdir(directory, { recursive: true });
  await Deno.writeTextFile(`${directory}/index.html`, pageOf(port));
  const where = ["--bind", "127.0.0.1", "--directory", directory];
  return ["python3", "-m", "http.server", String(port), ...where];
}

function pageOf(port: number): string {
  return `the page of port ${port}`;
}

/** nginx in the foreground, with the same page. */
async function nginxServer(house: House, port: number): Promise<string[]> {
  const { folder } = house.scratch;
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`);
  await Deno.writeTextFile(
    `${folder}/nginx.conf`,
    `daemon off; pid ${folder}/nginx.pid; error_log stderr; events {}
    http { access_log off; ${temporary.join(" ")}
      server { listen 127.0.0.1:${port}; location / { return 200 "${pageOf(port)}"; } } }`,
  );
  return ["nginx", "-p", folder, "-c", `${folder}/nginx.conf`];
}

/** `curl` as the README has it: resolves to one element and gets its page. */
async function curl(house: House, pool: string): Promise<string> {
  const url = `"$(rserpool resolve ${pool} --first --format 'http://{endpoint}/')"`;
  const script = `exec curl -sS --noproxy '*' ${url}`;
  const env = { RSERPOOL_REGISTRAR: house.registrar.at.asap };
  const { code, stdout, stderr } = await house.scratch.spawn("sh", ["-c", script], { env }).ended;
  assert.equal(code, 0, stderr);
  return stdout;
}

const CHECKED = [
  ...["--check", "http:/", "--check-interval", `${CHECK_INTERVAL_MS}ms`],
  ...["--check-timeout", `${CHECK_TIMEOUT_MS}ms`, "--check-fall", String(CHECK_FALL)],
];

/** What the steps share. */
interface Scene {
  readonly house: House;
  readonly pythonPort: number;
  readonly nginxPort: number;
  readonly loosePort: number;
  readonly startLoose: () => Running;
  loose: Running;
  python?: Element;
  nginx?: Element;
}

interface Step {
  readonly name: string;
  run(scene: Scene): Promise<void>;
}

const hasNginx = hasProgram("nginx");

const STEPS: readonly Step[] = [
  {
    name: "a server is registered once it answers",
    async run(scene) {
      const { house, pythonPort } = scene;
      const command = await pythonServer(house, pythonPort);
      scene.python = await house.register("web", pythonPort, "--check", "http:/", "--", ...command);
      assert.deepEqual(await house.ports("web"), [pythonPort]);
      assert.equal(await curl(house, "web"), pageOf(pythonPort));
    },
  },
  {
    name: hasNginx ? "nginx, too" : "another one (python3's: skipped nginx, which is not there)",
    async run(scene) {
      const { house, pythonPort, nginxPort } = scene;
      const command = await (hasNginx ? nginxServer : pythonServer)(house, nginxPort);
      scene.nginx = await house.register("web", nginxPort, "--check", "http:/", "--", ...command);
      assert.deepEqual(await house.ports("web"), [pythonPort, nginxPort].sort());
    },
  },
  {
    name: "a server that runs already is registered by its check",
    async run({ house, loosePort }) {
      await house.register("web", loosePort, ...CHECKED);
      assert.ok((await house.ports("web")).includes(loosePort));
    },
  },
  {
    name: "curl gets a page of each in turn",
    async run({ house }) {
      const ports = await house.ports("web");
      const pages = new Set<string>();
      for (const _ of ports) pages.add(await curl(house, "web"));
      assert.deepEqual([...pages].sort(), ports.map(pageOf).sort());
    },
  },
  {
    name: "kill -9 a server's child: gone at once",
    async run({ house, python, pythonPort }) {
      const kill = () => Deno.kill(python!.childPid, "SIGKILL");
      const goneMs = await house.killed("web", pythonPort, kill);
      assert.ok(goneMs < GONE_AT_ONCE_MS, `it took ${goneMs} ms`);
      assert.equal((await python!.running.ended).code, 128 + 9);
    },
  },
  {
    name: "kill -9 its register: gone when the dial of its endpoint is refused",
    async run({ house, nginx, nginxPort }) {
      const kill = () => nginx!.running.kill("SIGKILL");
      const goneMs = await house.killed("web", nginxPort, kill);
      assert.ok(goneMs < GONE_AT_ONCE_MS, `it took ${goneMs} ms`);
      await house.registrar.says(/pool-element-removed .*reason=endpoint-unreachable.*refused/);
      killGroup(nginx!.childPid);
    },
  },
  {
    name: "kill -9 the server that ran already: gone after its failed checks",
    async run(scene) {
      const { house, loosePort, loose } = scene;
      const goneMs = await house.killed("web", loosePort, () => loose.kill("SIGKILL"));
      assert.ok(goneMs < GONE_AFTER_CHECKS_MS, `it took ${goneMs} ms`);
      assert.deepEqual(await house.ports("web"), []);
      await loose.ended;
      scene.loose = scene.startLoose();
      await until("the server being back", async () => (await house.ports("web")).length === 1);
    },
  },
  {
    name: "the registrar stopped and started again: all are back by themselves",
    async run({ house }) {
      const port = freePort();
      const command = await pythonServer(house, port);
      await house.register("web", port, "--check", "http:/", "--", ...command);
      const before = await house.ports("web");
      assert.equal(before.length, 2);
      await house.restartRegistrar();
      const began = performance.now();
      await until("all elements being back", async () => {
        return (await house.ports("web")).length === before.length;
      });
      assert.deepEqual(await house.ports("web"), before);
      const backMs = performance.now() - began;
      assert.ok(backMs < BACK_MS, `it took ${backMs} ms`);
    },
  },
];

const missing = ["python3", "curl"].filter((program) => !hasProgram(program)).join(", ");

Deno.test({
  name: `real servers are found, lost when they die, and back${
    missing && ` (skipped: needs ${missing})`
  }`,
  ignore: missing !== "",
  async fn(t) {
    await using house = await House.open();
    const [pythonPort, nginxPort, loosePort] = [freePort(), freePort(), freePort()];
    const [program, ...args] = await pythonServer(house, loosePort) as [string, ...string[]];
    const startLoose = () => house.scratch.spawn(program, args);
    const loose = startLoose();
    const scene: Scene = { house, pythonPort, nginxPort, loosePort, startLoose, loose };
    for (const { name, run } of STEPS) {
      if (!await t.step(name, () => run(scene))) return;
    }
  },
});

const CLIENTS = 8;

/** One request: when its client asked whom to ask, whom it asked, and what it got. */
interface Request {
  readonly askedAt: number;
  readonly port: number;
  readonly page: string;
}

/** Asks for pages, one after another, each of the element that the registrar names first. */
async function beClient(house: House, name: string, stop: AbortSignal): Promise<Request[]> {
  const requests: Request[] = [];
  while (!stop.aborted) {
    const askedAt = Date.now();
    const port = await house.first("work");
    const page = await getPage(port, `/${name}-${requests.length}`);
    requests.push({ askedAt, port, page });
  }
  return requests;
}

async function getPage(port: number, path: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = `GET ${path} HTTP/1.0\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const response = await new Response(connection.readable).text();
  assert.match(response, /^HTTP\/1\.[01] 200 /, `the answer to ${path}: "${response}"`);
  return response.split("\r\n\r\n")[1]!;
}

Deno.test("SIGTERM: nobody is sent to what drains, and what it has is finished", async () => {
  await using house = await House.open();
  const [drained, other] = [freePort(), freePort()];
  const elements: Element[] = [];
  for (const port of [drained, other]) {
    const server = ["deno", "run", "-A", `${HERE}servers/draining_server.ts`, String(port)];
    const options = ["--check", "http:/health", "--drain", "500ms"];
    elements.push(await house.register("work", port, ...options, "--", ...server));
  }
  const stop = new AbortController();
  const clients = Array.from({ length: CLIENTS }, (_, i) => beClient(house, `c${i}`, stop.signal));
  const { running } = elements[0]!;
  const held = getPage(drained, "/held");
  await running.prints(/^begin .held$/m);
  const { code, stderr, stdout } = await running.stop("SIGTERM");
  stop.abort();
  const requests = (await Promise.all(clients)).flat();

  assert.equal(await held, `page /held of ${drained}\n`);
  const deregisteredAt = Date.parse(/^(\S+) .*de-registered$/m.exec(stderr)![1]!);
  const after = requests.filter((each) => each.askedAt > deregisteredAt);
  assert.ok(after.length > 0);
  for (const { port } of after) assert.equal(port, other, "sent to what was de-registered");
  for (const { page, port } of requests) assert.match(page, new RegExp(`^page /.* of ${port}\n$`));
  const begun = stdout.match(/(?<=^begin ).*$/gm)!;
  assert.deepEqual(stdout.match(/(?<=^end ).*$/gm)!.sort(), begun.sort());
  assert.ok(stdout.indexOf("SIGTERM") > stdout.lastIndexOf("begin "), "asked while it was ended");
  assert.equal(code, 0);
});

/**
 * `deno task demo`: the main job on real processes, in a few seconds and with nothing but Deno. A
 * registrar, two web servers that are registered while they live, and a client that asks for one.
 *
 * @module
 */

const ROOT = new URL("../", import.meta.url);
const RSERPOOL = [Deno.execPath(), "run", "-A", "--quiet", path("cli/main.ts")];
const DEADLINE_MS = 25_000;
const LOOK_EVERY_MS = 20;

function path(file: string): string {
  return decodeURIComponent(new URL(file, ROOT).pathname);
}

/** What is running, so that nothing is left whatever happens. */
const running = new Set<Deno.ChildProcess>();
let isOver = false;
const directory = await Deno.makeTempDir({ prefix: "rserpool-demo-" });

function say(text = ""): void {
  console.log(text);
}

/** A command line as one would type it, with `rserpool` and `deno` on the PATH. */
function show(args: readonly string[]): void {
  const words = args.map((arg) => {
    const short = arg.replace(directory, "/tmp/demo").replace(path(""), "");
    return /[\s{}"'$]/.test(short) ? `'${short}'` : short;
  });
  say(`$ rserpool ${words.join(" ").replaceAll(Deno.execPath(), "deno")}`);
}

/** Starts a command that goes on, and shows what it says. */
function start(name: string, args: readonly string[]): Deno.ChildProcess {
  if (isOver) throw new Error("it is over");
  show(args);
  const process = new Deno.Command(RSERPOOL[0]!, {
    args: [...RSERPOOL.slice(1), ...args],
    stdin: "null",
    stdout: "inherit",
    stderr: "piped",
  }).spawn();
  running.add(process);
  process.status.then(() => running.delete(process));
  void showLines(name, process.stderr);
  return process;
}

async function showLines(name: string, stream: ReadableStream<Uint8Array>): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) say(`  [${name}] ${line.replace(/^\S+ (notice: )?/, "")}`);
  }
}

/** Runs a command to its end and shows what it prints. */
async function run(args: readonly string[]): Promise<{ code: number; stdout: string }> {
  show(args);
  const { code, stdout } = await new Deno.Command(RSERPOOL[0]!, {
    args: [...RSERPOOL.slice(1), ...args],
    stdin: "null",
    stderr: "inherit",
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (text !== "") say(text.trimEnd());
  return { code, stdout: text };
}

/** The ready file of a long-running command, once it is there. */
async function ready<T>(file: string): Promise<T> {
  for (;;) {
    try {
      return JSON.parse(await Deno.readTextFile(file)) as T;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

/** A page over plain HTTP; `fetch` might take a proxy of the environment. */
async function page(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const request = `GET / HTTP/1.0\r\nHost: ${hostname}:${port}\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const response = await new Response(connection.readable).text();
  return response.split("\r\n\r\n")[1]!.trimEnd();
}

interface Registered {
  readonly identifier: string;
  readonly childPid: number;
}

async function demonstrate(): Promise<void> {
  say("A registrar, which knows the pools and the servers in them.\n");
  const registrarFile = `${directory}/registrar.json`;
  const registrar = start("registrar", [
    ...["registrar", "--asap", "127.0.0.1:0", "--enrp", "127.0.0.1:0"],
    ...["--ready-file", registrarFile],
  ]);
  const { asap: [address] } = await ready<{ asap: [string] }>(registrarFile);
  const client = ["-r", address];

  say("\nTwo web servers of the pool `web`. Each is registered once it answers, while it lives.\n");
  const files = [`${directory}/first.json`, `${directory}/second.json`];
  const servers: { process: Deno.ChildProcess; registered: Registered }[] = [];
  for (const [i, file] of files.entries()) {
    const port = String(freePort());
    const process = start(`server ${i + 1}`, [
      ...["register", "web", ...client, "--port", port, "--check", "http:/", "--drain", "500ms"],
      ...["--ready-file", file, "--", Deno.execPath(), "run", "-A", path("tools/demo_server.ts")],
      port,
    ]);
    servers.push({ process, registered: await ready<Registered>(file) });
  }
  const [first, second] = servers as [typeof servers[0], typeof servers[0]];

  say("\nA client asks the registrar who is in the pool, and gets a page from one of them.\n");
  await run(["resolve", "web", ...client]);
  await fetchOne(client);

  say(`\nThe first server is killed (kill -9 ${first.registered.childPid}): it is gone at once.\n`);
  Deno.kill(first.registered.childPid, "SIGKILL");
  await first.process.status;
  await run(["resolve", "web", ...client]);
  await fetchOne(client);

  say("\nThe second is stopped in order: de-registered, then drained, then ended.\n");
  second.process.kill("SIGTERM");
  await second.process.status;
  const { code } = await run(["resolve", "web", ...client]);
  say(`  (exit code ${code}: nobody is left)`);
  registrar.kill("SIGTERM");
  await registrar.status;
}

async function fetchOne(client: readonly string[]): Promise<void> {
  const format = ["--first", "--format", "http://{endpoint}/"];
  const { stdout } = await run(["resolve", "web", ...client, ...format]);
  const url = stdout.trim();
  say(`$ curl ${url}\n${await page(url)}`);
}

function sayWhatNext(): void {
  const deno = "npx -y deno@2.9.6";
  const server = `${deno} run -A tools/demo_server.ts 8081`;
  say(`
What you can type next, each in a terminal of its own:

  ${deno} task rserpool registrar
  ${deno} task rserpool register web --port 8081 --check http:/ -- ${server}
  ${deno} task rserpool resolve web
  ${deno} task rserpool --help

README.md has the rest, and how rserpool comes on the PATH.`);
}

/** Ends what still runs: in order first, so that supervised servers end, too. */
async function stopAll(): Promise<void> {
  isOver = true;
  const processes = [...running];
  const send = (signal: Deno.Signal) => {
    for (const process of running) process.kill(signal);
  };
  send("SIGTERM");
  const timer = setTimeout(() => send("SIGKILL"), 5_000);
  await Promise.all(processes.map((process) => process.status));
  clearTimeout(timer);
  await Deno.remove(directory, { recursive: true });
}

const interrupted = Promise.withResolvers<never>();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.addSignalListener(signal, () => interrupted.reject(new Error(signal)));
}
setTimeout(() => interrupted.reject(new Error("it took too long")), DEADLINE_MS);
let code = 0;
try {
  await Promise.race([demonstrate(), interrupted.promise]);
  sayWhatNext();
} catch (error) {
  console.error(`The demonstration was ended: ${(error as Error).message}`);
  code = 1;
} finally {
  await stopAll();
}
Deno.exit(code);

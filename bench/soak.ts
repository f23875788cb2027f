/**
 * A registrar and pool elements left running, with checks and loads that go up and down: resident
 * memory and open descriptors of each process must stay level. Prints one JSON line a minute, and
 * at the end what grew; exits 1 if anything did.
 *
 * `deno run -A bench/soak.ts [MINUTES]`, after `deno task build`.
 */

import { BUILT, residentBytes, startRegistrar } from "./processes.ts";

const MINUTES = Number(Deno.args[0] ?? 15);
/** The first minutes are warm-up: code is compiled, pools of memory are filled. */
const WARM_UP = Math.min(3, MINUTES / 3);
/** Growth after the warm-up that counts as level. */
const LEVEL_BYTES = 12 * 1024 * 1024;
const LEVEL_DESCRIPTORS = 2;

interface Sample {
  readonly bytes: number;
  readonly descriptors: number;
}

async function sample(pid: number): Promise<Sample> {
  const descriptors = [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
  return { bytes: await residentBytes(pid), descriptors };
}

/** A service that is up and down by turns, so that its checks fail and pass again. */
function flicker(port: number): Disposable {
  let server: Deno.HttpServer | undefined;
  const turn = () => {
    if (server !== undefined) {
      void server.shutdown();
      server = undefined;
    } else {
      const options = { hostname: "127.0.0.1", port, onListen: () => {} };
      server = Deno.serve(options, () => new Response("hello\n"));
    }
  };
  turn();
  const timer = setInterval(turn, 7_000);
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      void server?.shutdown();
    },
  };
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}

function register(registrar: string, args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(BUILT, {
    args: ["register", "web", "-r", registrar, "-q", "--policy", "least-used:load=0.5", ...args],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

const registrar = await startRegistrar();
const address = `127.0.0.1:${registrar.port}`;
const services = Array.from({ length: 4 }, () => freePort());
using stack = new DisposableStack();
for (const port of services) stack.use(flicker(port));
const elements = services.map((port) =>
  register(address, [
    "--port",
    String(port),
    "--check",
    "http:/",
    "--check-interval",
    "1s",
    "--load",
    "exec:echo 0.$(date +%S)",
    "--load-interval",
    "1s",
  ])
);
const watched = new Map<string, number>([["registrar", registrar.pid]]);
elements.forEach((element, i) => watched.set(`element ${i + 1}`, element.pid));

const first = new Map<string, Sample>();
const last = new Map<string, Sample>();
let resolutions = 0;
for (let minute = 1; minute <= MINUTES; minute++) {
  const end = performance.now() + 60_000;
  while (performance.now() < end) {
    await new Deno.Command(BUILT, { args: ["resolve", "web", "-r", address, "-q"] }).output();
    resolutions++;
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  for (const [name, pid] of watched) {
    const now = await sample(pid);
    if (minute <= WARM_UP) first.set(name, now);
    last.set(name, now);
  }
  const shown = [...last].map(([name, { bytes, descriptors }]) =>
    [name, { mib: Number((bytes / 1024 / 1024).toFixed(1)), descriptors }] as const
  );
  console.log(JSON.stringify({ minute, resolutions, ...Object.fromEntries(shown) }));
}
let grew = false;
for (const [name, end] of last) {
  const start = first.get(name)!;
  const bytes = end.bytes - start.bytes;
  const descriptors = end.descriptors - start.descriptors;
  const level = bytes <= LEVEL_BYTES && descriptors <= LEVEL_DESCRIPTORS;
  if (!level) grew = true;
  console.log(JSON.stringify({
    process: name,
    grew_kib: Math.round(bytes / 1024),
    descriptors,
    level,
  }));
}
for (const element of elements) {
  element.kill("SIGTERM");
  await element.status;
}
await registrar.stop();
Deno.exit(grew ? 1 : 0);

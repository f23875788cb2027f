/** The recipes of the README for nginx and haproxy, with the real programs. */

import assert from "node:assert/strict";
import { hasProgram, type Running, Scratch, until, untilFolder } from "./harness.ts";
import { freePort, getPage, HOSTILE_POOL, NamedElement, untilPagesAre } from "./recipes/pages.ts";

const RECIPES = decodeURIComponent(new URL("../../docs/recipes/", import.meta.url).pathname);
const NOBODY = "503";

/** What a recipe is for, and how it is run. */
interface Recipe {
  readonly port: number;
  /** The command of `--exec`. */
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  /** The file that it keeps up to date. */
  readonly file: string;
  /** Starts the program whose configuration that is. */
  start(scratch: Scratch): Running;
}

async function nginx(scratch: Scratch): Promise<Recipe> {
  const { folder } = scratch;
  const port = freePort();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  await Deno.writeTextFile(
    `${folder}/nginx.conf`,
    `worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr warn;
events { }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/run;`).join("\n  ")}
  include ${folder}/web.conf;
  server {
    listen 127.0.0.1:${port};
    location / {
      if ($web_is_empty) { return 503; }
      proxy_pass http://web;
    }
  }
}
`,
  );
  const line = `nginx -p ${folder} -c ${folder}/nginx.conf -e stderr`;
  return {
    port,
    command: `${RECIPES}nginx-upstream.sh web ${folder}/web.conf`,
    env: { NGINX: line },
    file: `${folder}/web.conf`,
    start: () => {
      const [program, ...args] = line.split(" ");
      return scratch.spawn(program!, [...args, "-g", "daemon off;"]);
    },
  };
}

async function haproxy(scratch: Scratch): Promise<Recipe> {
  const { folder } = scratch;
  const port = freePort();
  await Deno.writeTextFile(
    `${folder}/haproxy.cfg`,
    `defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend all
    bind 127.0.0.1:${port}
    default_backend web
`,
  );
  const files = [`${folder}/haproxy.cfg`, `${folder}/web.cfg`];
  const pidFile = `${folder}/haproxy.pid`;
  return {
    port,
    command: `${RECIPES}haproxy-backend.sh web ${files[1]} ${files[0]} ${pidFile}`,
    env: {},
    file: files[1]!,
    start: () =>
      scratch.spawn("haproxy", ["-W", "-p", pidFile, ...files.flatMap((each) => ["-f", each])]),
  };
}

/** Elements come and go, and the pages that are served follow. */
async function play(make: (scratch: Scratch) => Promise<Recipe>): Promise<void> {
  await using scratch = await Scratch.make();
  const { folder } = scratch;
  const { at } = await scratch.registrar();
  const { port, command, env, file, start } = await make(scratch);
  const line = ["--exec", command, "--debounce", "10ms", "-r", at.asap, "--", HOSTILE_POOL];
  const watch = scratch.serve("watch", line, { env });
  // The program does not run yet, but its configuration must be there for it to start.
  await watch.says(/the command failed: exit code/);
  await untilFolder(folder, file, () => exists(file) || undefined);
  const program = start(scratch);
  await watch.ready();
  await untilPagesAre(port, NOBODY);
  await using one = await NamedElement.start(scratch, at, "one");
  await untilPagesAre(port, "one");
  await using two = await NamedElement.start(scratch, at, "two");
  await untilPagesAre(port, "one", "two");
  one.registration.kill("SIGKILL");
  await untilPagesAre(port, "two");
  assert.equal((await two.registration.stop()).code, 0);
  await untilPagesAre(port, NOBODY);
  // A worker of before may still take a connection that comes just now.
  await until("503 for everybody", async () => (await getPage(port)).status === 503);
  assert.equal((await watch.stop()).code, 0);
  const written = [...Deno.readDirSync(folder)].map(({ name }) => name);
  assert(!written.includes("pwned"), "the pool handle was run");
  assert(!Deno.readTextFileSync(file).includes("touch"), "the pool handle was written");
  assert.deepEqual(written.filter((name) => /\.(new|undone|old)$/.test(name)), []);
  assert(program.isRunning, program.stderr);
  await program.stop();
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

for (const [name, make] of [["nginx", nginx], ["haproxy", haproxy]] as const) {
  Deno.test({
    name: `${name} follows a pool by watch --exec, whatever the pool handle is`,
    ignore: !hasProgram(name) || !hasProgram("jq"),
    fn: () => play(make),
  });
}

/** Whether a line is an element that a recipe may write. */
const HARMLESS = /^ {4}server (0x[0-9a-f]{8} )?(\[[0-9a-f:]+\]|[0-9.]+):[0-9]+ weight[ =][0-9]+;?$/;

Deno.test({
  name: "the recipes write what looks like an address and a number, and nothing else",
  ignore: !hasProgram("jq"),
  async fn() {
    await using scratch = await Scratch.make();
    const { folder } = scratch;
    const element = (address: string, more: object = {}) => ({
      identifier: "0x00000001",
      transport: { protocol: "tcp", addresses: [address], port: 80 },
      policy: { name: "random" },
      ...more,
    });
    const poolElements = [
      element("192.0.2.1"),
      element("::1", { policy: { weight: 3 } }),
      element("127.0.0.1:1; } evil {"),
      element("192.0.2.1\n    server evil"),
      element("192.0.2.1", { transport: { protocol: "opaque", data: "00" } }),
    ];
    const answer = JSON.stringify({ poolHandle: HOSTILE_POOL, poolElements });
    await Deno.writeTextFile(`${folder}/answer`, answer);
    await Deno.writeTextFile(`${folder}/pid`, "no process\n");
    for (const name of ["nginx-upstream.sh web up.cfg", "haproxy-backend.sh web up.cfg c pid"]) {
      const fakes = "nginx() { :; }; haproxy() { :; }; kill() { :; }";
      const script = `${fakes}; set -- ${name}; name=$1; shift; . "${RECIPES}$name" <answer`;
      const { code, stderr } = await scratch.spawn("sh", ["-c", script]).ended;
      assert.deepEqual([code, stderr], [0, ""]);
      const lines = Deno.readTextFileSync(`${folder}/up.cfg`).split("\n");
      const servers = lines.filter((each) => /server|evil|touch/.test(each));
      assert.equal(servers.length, 2, lines.join("\n"));
      assert(servers.every((each) => HARMLESS.test(each)), servers.join("\n"));
    }
  },
});

Deno.test({
  name: "a configuration that nginx or haproxy refuses is not left, and the failure is told",
  ignore: !hasProgram("jq"),
  async fn() {
    await using scratch = await Scratch.make();
    const { folder } = scratch;
    await Deno.writeTextFile(`${folder}/answer`, '{"poolHandle":"web","poolElements":[]}');
    for (const name of ["nginx-upstream.sh web up.cfg", "haproxy-backend.sh web up.cfg c pid"]) {
      await Deno.writeTextFile(`${folder}/up.cfg`, "as it was\n");
      const fakes = "nginx() { false; }; haproxy() { false; }; kill() { echo told; }";
      const script = `${fakes}; set -- ${name}; name=$1; shift; . "${RECIPES}$name" <answer`;
      const { code, stdout } = await scratch.spawn("sh", ["-c", script]).ended;
      assert.deepEqual([code, stdout], [1, ""]);
      assert.equal(Deno.readTextFileSync(`${folder}/up.cfg`), "as it was\n");
    }
  },
});

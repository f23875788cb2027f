/**
 * The built file as a process: it needs Deno on the PATH and nothing else, and ends as it should.
 */
import assert from "node:assert/strict";
import { asap } from "../../lib/wire/mod.ts";
import { Scratch, untilFolder } from "./harness.ts";

const BUILT = new URL("../../dist/rserpool", import.meta.url);
const COOKIE = "0b000008000d0004";

interface Ended {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Nothing, or what docs/install.md asks of a user of whom the system knows nothing. */
const NOTHING: Readonly<Record<string, string>> = isKnownUser() ? {} : { HOME: "/nowhere" };

function isKnownUser(): boolean {
  const args = ["passwd", String(Deno.uid())];
  return new Deno.Command("getent", { args, stdout: "null" }).outputSync().success;
}

/** Runs a program with this environment and no other. */
async function runWith(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd = "/",
): Promise<Ended> {
  const { code, signal, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    clearEnv: true,
    env,
    cwd,
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, signal, stdout: text(stdout), stderr: text(stderr) };
}

async function assertWorks(program: string, env: Record<string, string>, cwd?: string) {
  const version = await runWith(program, ["--version"], env, cwd);
  assert.match(version.stdout, /^rserpool \d+\.\d+\.\d+\n$/, version.stderr);
  assert.deepEqual([version.code, version.stderr], [0, ""]);
  // The quick part of the file, and the whole program behind it.
  for (const format of ["json", "yaml"]) {
    const { code, stdout, stderr } = await runWith(program, ["decode", COOKIE, "-o", format], env);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /ASAP_COOKIE/);
  }
}

Deno.test("the built file begins as the contract says and is executable", async () => {
  const text = await Deno.readTextFile(BUILT);
  assert.match(
    text,
    /^#!\/usr\/bin\/env -S deno run --no-config --no-lock --no-prompt --cached-only -A .*\n/,
  );
  assert.equal((await Deno.stat(BUILT)).mode! & 0o777, 0o755);
  assert.doesNotMatch(text, /["']npm:|["']jsr:|https:\/\/registry/, "it is self-contained");
  const packages = ["commander", "get-east-asian-width", "valibot", "yaml", "@peculiar/x509"];
  for (const name of [...packages, "reflect-metadata", "tslib"]) {
    assert.match(text, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+$`, "m"), `the licence of ${name}`);
  }
});

Deno.test("it works without a home directory and without a Deno cache", async () => {
  await using scratch = await Scratch.make();
  const PATH = scratch.environment().PATH!;
  await assertWorks(BUILT.pathname, { ...NOTHING, PATH });
  await assertWorks(BUILT.pathname, { PATH, DENO_DIR: "/dev/null/cache", HOME: "/nowhere" });
});

Deno.test("it works through a symlink, and beside somebody's broken configuration", async () => {
  await using scratch = await Scratch.make();
  const PATH = scratch.environment().PATH!;
  const folder = `${scratch.folder}/elsewhere`;
  await Deno.mkdir(`${folder}/bin`, { recursive: true });
  for (const name of ["deno.json", "deno.lock", "package.json", "tsconfig.json"]) {
    await Deno.writeTextFile(`${folder}/${name}`, "{ broken");
  }
  await Deno.copyFile(BUILT, `${folder}/rserpool`);
  await assertWorks(`${folder}/rserpool`, { ...NOTHING, PATH }, folder);
  await Deno.symlink("../rserpool", `${folder}/bin/rs`);
  await assertWorks(`${folder}/bin/rs`, { ...NOTHING, PATH }, folder);
  await assertWorks("rs", { ...NOTHING, PATH: `${folder}/bin:${PATH}` }, folder);
});

Deno.test("usage errors leave the built file with 2", async () => {
  await using scratch = await Scratch.make();
  const alone = await scratch.run([]);
  assert.deepEqual([alone.code, alone.stdout], [2, ""]);
  assert.match(alone.stderr, /^Usage: rserpool/);
  // One that the quick part finds, one that only the whole program can.
  for (const line of [["resolve", "web", "--frist"], ["registrar", "--id", "0"]]) {
    const { code, stdout, stderr } = await scratch.run(line);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^rserpool: .*\n$/);
  }
});

Deno.test("one-shot commands need the quick part only, which is small", async () => {
  await using scratch = await Scratch.make();
  const text = await Deno.readTextFile(BUILT);
  const quick = text.slice(0, text.lastIndexOf("\n/* The whole program"));
  const code = quick.slice(0, quick.indexOf("\n/*\n"));
  // Each 100 KB that are parsed cost 5 ms of every start; and one character beyond ASCII has the
  // whole file, comments and all, take twice its memory and two milliseconds more.
  assert.match(text, /^\p{ASCII}*$/u);
  assert.ok(code.length < 200_000, `${code.length} bytes`);
  const file = `${scratch.folder}/quick`;
  await Deno.writeTextFile(file, quick, { mode: 0o755 });
  const lines: [line: string, code: number, words: RegExp][] = [
    ["--help", 0, /^$/],
    [`decode ${COOKIE}`, 0, /^$/],
    ["resolve web -r 127.0.0.1:1", 4, /connection refused/],
    ["status --enrp-registrar 127.0.0.1:1", 4, /connection refused/],
    ["peers --enrp-registrar 127.0.0.1:1 -o csv", 4, /connection refused/],
    ["dump --enrp-registrar 127.0.0.1:1 -o json", 4, /connection refused/],
    ["__complete zsh resolve -r 127.0.0.1 --enrp-registrar 127.0.0.1:1 we", 0, /^$/],
    ["__complete zsh resolve web --fir", 0, /^$/],
  ];
  for (const [line, expected, words] of lines) {
    const { code, stderr } = await scratch.spawn(file, line.split(" ")).ended;
    assert.equal(code, expected, `${line}: ${stderr}`);
    assert.match(stderr, words);
  }
});

Deno.test("a configuration file is read by the whole program, with the same result", async () => {
  await using scratch = await Scratch.make();
  await Deno.writeTextFile(`${scratch.folder}/c.yaml`, "output: json\n");
  const { code, stdout } = await scratch.run(["decode", COOKIE, "--config", "c.yaml"]);
  assert.equal(code, 0);
  assert.equal(JSON.parse(stdout).type, "ASAP_COOKIE");
  await Deno.writeTextFile(`${scratch.folder}/c.yaml`, "output: jsn\n");
  const wrong = await scratch.run(["decode", COOKIE, "--config", "c.yaml"]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /^rserpool: c\.yaml:1:9: output: .*did you mean json\?\)\n$/);
});

Deno.test("a reader that goes away ends it at once and silently with 141", async () => {
  await using scratch = await Scratch.make();
  const message = asap.encode({
    type: "ASAP_DEREGISTRATION",
    poolHandle: "web",
    peIdentifier: 7,
  });
  const many = new Uint8Array(message.length * 5_000);
  for (let at = 0; at < many.length; at += message.length) many.set(message, at);
  await Deno.writeFile(`${scratch.folder}/many`, many);
  for (const format of ["table", "json", "yaml"]) {
    const script = `{ "$0" decode @many -o ${format}; echo $? >code; } 2>err | head -c 1`;
    const { stdout } = await scratch.spawn("sh", ["-c", script, BUILT.pathname]).ended;
    assert.equal(stdout.length, 1);
    assert.equal(await Deno.readTextFile(`${scratch.folder}/code`), "141\n", format);
    assert.equal(await Deno.readTextFile(`${scratch.folder}/err`), "");
  }
});

Deno.test("a standard output that is full is exit 1", async () => {
  await using scratch = await Scratch.make();
  const script = '"$0" decode "$1" >/dev/full';
  const { code, stderr } = await scratch.spawn("sh", ["-c", script, BUILT.pathname, COOKIE]).ended;
  assert.equal(code, 1);
  assert.match(stderr, /^rserpool: cannot write to standard output: no space left on device\n$/);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`a one-shot command dies of ${signal} by the signal`, async () => {
    await using scratch = await Scratch.make();
    using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const registrar = `127.0.0.1:${silent.addr.port}`;
    const asking = scratch.start(["resolve", "web", "-r", registrar, "--timeout", "1h"]);
    using _connection = await silent.accept();
    asking.kill(signal);
    const ended = await asking.ended;
    assert.deepEqual([ended.signal, ended.stdout, ended.stderr], [signal, "", ""]);
  });
}

Deno.test("the ready file has the process's own pid; SIGHUP does not end it", async () => {
  await using scratch = await Scratch.make();
  const registrar = await scratch.registrar();
  assert.equal((await registrar.ready()).pid, registrar.pid);
  registrar.kill("SIGHUP");
  const { enrp } = registrar.at;
  assert.equal((await scratch.run(["status", "--enrp-registrar", enrp])).code, 0);
  const { code, signal } = await registrar.stop("SIGINT");
  assert.deepEqual([code, signal], [0, null]);
  assert.deepEqual(
    [...Deno.readDirSync(`${scratch.folder}/run`)].filter(({ name }) => name.endsWith(".ready")),
    [],
  );
});

Deno.test("a registrar whose log nobody reads goes on serving", async () => {
  await using scratch = await Scratch.make();
  const ready = `${scratch.folder}/run/ready`;
  // The reader of the log reads nothing until it is told that the test is over.
  const script = `"$0" registrar -vv --asap 127.0.0.1:0 --enrp 127.0.0.1:0 --ready-file "$1" 2>&1 |
    { read -r line; echo "$line" >first; read -r end <over; }`;
  await new Deno.Command("mkfifo", { args: [`${scratch.folder}/over`] }).output();
  const shell = scratch.spawn("sh", ["-c", script, BUILT.pathname, ready], {}, "unread");
  const { pid, asap: [address], enrp: [enrp] } = await readyOf(scratch, ready);
  const port = Number(address!.split(":").at(-1));
  // Each of them is two lines of the log or more: together far beyond what a pipe holds.
  for (let i = 0; i < 1_500; i++) {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
    while (await connection.read(new Uint8Array(100)) !== null);
  }
  const status = await scratch.run(["status", "--enrp-registrar", enrp!]);
  assert.equal(status.code, 0, status.stderr);
  Deno.kill(pid, "SIGTERM");
  await Deno.writeTextFile(`${scratch.folder}/over`, "over\n");
  assert.equal((await shell.ended).code, 0);
  // Who connects as soon as the ready file is there may be in the log before the notice is.
  assert.match(
    await Deno.readTextFile(`${scratch.folder}/first`),
    /registrar 0x[0-9a-f]{8} serves|info: serving|association-opened/,
  );
});

async function readyOf(scratch: Scratch, file: string) {
  const text = await untilFolder(`${scratch.folder}/run`, "the ready file", () => {
    try {
      return Deno.readTextFileSync(file);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  });
  return JSON.parse(text) as { pid: number; asap: string[]; enrp: string[] };
}

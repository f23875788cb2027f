/** Logs and events of running processes: the journal, a followed stream, and nothing secret. */

import assert from "node:assert/strict";
import { makeAuthority, REGISTRAR } from "../net/certificates.ts";
import { type Ready, type Running, Scratch, until } from "./harness.ts";

type Shown = Ready & { readonly http: readonly string[]; readonly asapPsk: readonly string[] };

const ANY = "127.0.0.1:0";
/** What systemd does for a service whose standard error is the journal. */
const AS_SERVICE = [
  "sh",
  "-c",
  'JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec "$@"',
  "sh",
];

async function shown(scratch: Scratch, ...args: string[]) {
  const running = scratch.serve("registrar", ["--asap", ANY, "--enrp", ANY, ...args]);
  return Object.assign(running, { at: await running.ready() as Shown });
}

Deno.test("in the journal a line has a priority and no time; elsewhere it is as ever", async () => {
  await using scratch = await Scratch.make();
  const args = ["--asap", ANY, "--enrp", ANY];
  const service = scratch.serve("registrar", args, { within: AS_SERVICE });
  await service.ready();
  const { stderr } = await service.stop();
  assert.match(stderr, /^<5>registrar 0x[0-9a-f]{8} serves ASAP on .*\n<5>security is off/);
  assert.match(stderr, /\n<5>stopping signal=SIGTERM\n<5>stopped\n$/);
  const other = scratch.serve("registrar", args, { env: { JOURNAL_STREAM: "1:2" } });
  await other.ready();
  assert.match((await other.stop()).stderr, /^\d{4}-\S+Z notice: registrar 0x/);
  const wrong = await scratch.run(["registrar", "--asap", "192.0.2.1:1"], { within: AS_SERVICE });
  assert.match(wrong.stderr, /^<3>error: .*192\.0\.2\.1:1.*\n$/);
});

Deno.test("decode --follow shows a registrar's events, through its restart", async () => {
  await using scratch = await Scratch.make();
  const first = await shown(scratch, "--http", ANY);
  const http = first.at.http[0]!;
  const follower = scratch.start(["decode", "--follow", http, "-v"]);
  await follower.says(/follows the events of http:/);
  const element = (registrar: Running & { at: Shown }) =>
    scratch.serve("register", [
      ...["web", "--port", "9", "--check", "none", "--drain", "0s"],
      ...["-r", registrar.at.asap[0]!],
    ]);
  const web = element(first);
  await web.ready();
  await follower.prints(/Z info: pool-element-registered .*poolHandle=web .*\n/);
  await web.stop();
  await follower.prints(/Z info: pool-element-removed .*reason=deregistered/);
  await first.stop();
  await follower.says(/warning: lost the events of http:\S+: .*; trying again/);
  const second = await shown(scratch, "--http", http);
  await follower.says(/notice: follows the events of http:\S+ again/);
  await element(second).ready();
  await follower.prints(/deregistered[^]*pool-element-registered/);
  const { code, signal } = await follower.stop("SIGINT");
  assert.deepEqual({ code, signal }, { code: 0, signal: null });
});

Deno.test("decode --follow | head ends at the next event, silently", async () => {
  await using scratch = await Scratch.make();
  const registrar = await shown(scratch, "--http", ANY);
  const script = 'rserpool decode --follow "$1" -o json; echo "ended $?" >&2';
  const line = `{ ${script}; } | head -n 1`;
  const piped = scratch.spawn("sh", ["-c", line, "sh", registrar.at.http[0]!]);
  const ask = ["resolve", "web", "-r", registrar.at.asap[0]!];
  await until("the end of head", async () => {
    await scratch.run(ask);
    return !piped.isRunning;
  });
  assert.match(piped.stderr, /^\S+ notice: follows the events of \S+\nended 141\n$/);
  assert.equal(typeof JSON.parse(piped.stdout).event, "string");
});

/** An address of this host that is not the loopback's: there HTTP is TLS, and asks who reads. */
const OUTSIDE = Deno.networkInterfaces().find(({ family, address }) =>
  family === "IPv4" && !address.startsWith("127.")
)?.address;

Deno.test({
  name: "decode --follow over https: by whom the registrar trusts, and who may read",
  ignore: OUTSIDE === undefined,
  async fn() {
    await using scratch = await Scratch.make();
    const [authority, foreign] = [await makeAuthority(), await makeAuthority()];
    const write = async (name: string, text: string) => {
      await Deno.writeTextFile(`${scratch.folder}/${name}`, text, { mode: 0o600 });
    };
    await write("ca.crt", authority.ca.text);
    await write("foreign.crt", foreign.ca.text);
    const wishes = {
      r: { names: ["r1"], ips: ["127.0.0.1", OUTSIDE!], uris: [REGISTRAR] },
      oncall: { names: ["oncall"] },
      other: { names: ["other"] },
    };
    for (const [name, wish] of Object.entries(wishes)) {
      const { cert, key } = await authority.issue(wish);
      await write(`${name}.crt`, cert.text);
      await write(`${name}.key`, key.text);
    }
    await write(
      "r.yaml",
      "security:\n  identities:\n    - {certificate: oncall, operate: true}\n",
    );
    const own = ["--config", "r.yaml", "--ca", "ca.crt", "--cert", "r.crt", "--key", "r.key"];
    const tls = ["--asap-tls", ANY, "--enrp-tls", ANY, "--http", `${OUTSIDE}:0`];
    const registrar = await shown(scratch, ...own, ...tls);
    const url = `https://${registrar.at.http[0]}`;
    const follow = ["decode", "--follow", url, "-o", "json"];
    const proof = (name: string) => ["--cert", `${name}.crt`, "--key", `${name}.key`];
    const oncall = scratch.start([...follow, "--ca", "ca.crt", ...proof("oncall")]);
    await oncall.says(/follows the events of https:/);
    assert.equal((await oncall.stop()).code, 0);
    const refused: readonly [readonly string[], RegExp][] = [
      [["--ca", "ca.crt"], /HTTP 40[13]/],
      [["--ca", "ca.crt", ...proof("other")], /HTTP 403: not allowed/],
      [["--ca", "foreign.crt", ...proof("oncall")], /certificate/],
    ];
    for (const [how, words] of refused) {
      const { code, stdout, stderr } = await scratch.run([...follow, ...how]);
      assert.deepEqual({ code, stdout }, { code: 6, stdout: "" }, stderr);
      assert.match(stderr, words);
      assert.equal(stderr.split("\n").length, 2, stderr);
    }
  },
});

/** What must be nowhere: keys as they are written, as bytes and in other alphabets. */
function secretsOf(scratch: Scratch, files: readonly string[]): string[] {
  return files.flatMap((file) => {
    const text = Deno.readTextFileSync(`${scratch.folder}/${file}`);
    const hex = /:([0-9a-f]{32,})$/m.exec(text)?.[1];
    if (hex === undefined) return text.split("\n").filter((line) => /^[\w+/=]{40,}$/.test(line));
    const bytes = Uint8Array.fromHex(hex);
    const raw = String.fromCharCode(...bytes);
    return [
      hex,
      hex.toUpperCase(),
      bytes.toBase64(),
      bytes.toBase64({ alphabet: "base64url" }),
      raw,
    ];
  });
}

/** A registrar with certificates and keys, who may do what, and who may not. */
async function makeFiles(scratch: Scratch): Promise<string[]> {
  const env = { RSERPOOL_CA_DIR: "ca" };
  const run = async (...args: string[]) => {
    const { code, stderr } = await scratch.run(args, { env });
    assert.equal(code, 0, stderr);
  };
  await run("certs", "init", "--name", "Test Authority");
  await run("certs", "issue", "registrar", "r1.example.org", "--address", "127.0.0.1");
  await run("certs", "issue", "element", "web-2.example.org");
  for (const name of ["web-1", "late", "stranger"]) {
    await run("psk", "generate", name, "--file", `${name}.psk`);
  }
  const copy = async (names: readonly string[]) => {
    const all = names.map((name) => Deno.readTextFileSync(`${scratch.folder}/${name}.psk`));
    await Deno.writeTextFile(`${scratch.folder}/r.keys`, all.join(""), { mode: 0o600 });
  };
  await copy(["web-1"]);
  await Deno.writeTextFile(
    `${scratch.folder}/r.yaml`,
    `security:
  psk-keys: r.keys
  read: everyone
  identities:
    - {psk: web-1, register: [web]}
    - {psk: late, register: [web]}
    - {certificate: "web-*.example.org", register: [web]}
`,
  );
  return [
    ...["web-1.psk", "late.psk", "stranger.psk"],
    ...["r1.example.org.key", "web-2.example.org.key", "ca.key"].map((file) => `ca/${file}`),
  ];
}

Deno.test("no key is in any line of a secured registrar, its elements and its HTTP", async () => {
  await using scratch = await Scratch.make();
  const secrets = secretsOf(scratch, await makeFiles(scratch));
  assert.ok(secrets.length > 15 && secrets.every((each) => each.length >= 16));
  const own = ["--ca", "ca/ca.crt", "--cert", "ca/r1.example.org.crt", "--key"];
  const registrar = scratch.serve("registrar", [
    ...["-vv", "--log-format", "json", "--config", "r.yaml", ...own, "ca/r1.example.org.key"],
    ...["--asap-tls", ANY, "--enrp-tls", ANY, "--asap-psk", ANY, "--asap", ANY, "--enrp", ANY],
    ...["--http", ANY],
  ]);
  const { asapPsk, asapTls, http } = await registrar.ready() as Shown & {
    readonly asapTls: readonly string[];
  };
  const follower = scratch.start(["decode", "--follow", http[0]!, "-vv"]);
  const element = (at: string, ...how: string[]) =>
    scratch.serve("register", [
      ...["web", "-vv", "--port", "9", "--check", "none", "--drain", "0s", "-r", at, ...how],
    ]);
  const byKey = element(asapPsk[0]!, "--psk-file", "web-1.psk");
  const byCertificate = element(
    asapTls[0]!,
    ...["--ca", "ca/ca.crt", "--cert", "ca/web-2.example.org.crt"],
    ...["--key", "ca/web-2.example.org.key"],
  );
  await Promise.all([byKey.ready(), byCertificate.ready()]);
  const stranger = element(asapPsk[0]!, "--psk-file", "stranger.psk", "--max-wait", "1s");
  assert.equal((await stranger.ended).code, 6);
  await registrar.says(/"event":"handshake-refused"/);
  const keys = ["web-1", "late"].map((name) => {
    return Deno.readTextFileSync(`${scratch.folder}/${name}.psk`);
  });
  await Deno.writeTextFile(`${scratch.folder}/r.keys`, keys.join(""));
  registrar.kill("SIGHUP");
  byKey.kill("SIGHUP");
  await registrar.says(/"event":"reloaded".*new key of/);
  const paths = ["/metrics", "/api/v1/pools", "/api/v1/peers", "/api/v1/registrar", "/"];
  const pages = await Promise.all(paths.map(async (path) => {
    return await (await fetch(`http://${http[0]}${path}`)).text();
  }));
  const processes = [registrar, follower, byKey, byCertificate, stranger];
  const outcomes = await Promise.all(processes.map((each) => each.stop()));
  const all = [...outcomes.flatMap(({ stdout, stderr }) => [stdout, stderr]), ...pages].join("\n");
  assert.ok(all.includes("web-1") && all.length > 2_000, "identities are no secret");
  for (const secret of secrets) assert.ok(!all.includes(secret), "a key was told");
  assert.doesNotMatch(all, /PRIVATE KEY/);
});

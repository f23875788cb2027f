/** The built file over TLS: every command that asks a registrar, and what goes wrong, in words. */

import assert from "node:assert/strict";
import { type Authority, type Issued, makeAuthority, REGISTRAR } from "../net/certificates.ts";
import { type Outcome, type Ready, type Running, Scratch } from "./harness.ts";

const DAY_MS = 86_400_000;
const PERMISSIONS = `
  identities:
    - certificate: r1.example.org
      registrar: true
    - {certificate: "web-*.example.org", register: web, read: web, addresses: 127.0.0.0/8}
    - {psk: web-1, register: web, read: web, addresses: 127.0.0.0/8}
    - certificate: oncall.example.org
      psk: oncall
      name: oncall
      operate: true
`;
const KEYS = {
  "web-1": "1f".repeat(32),
  oncall: "2e".repeat(32),
};

type Secured = Ready & Partial<Record<"asapTls" | "enrpTls" | "asapPsk" | "enrpPsk", string[]>>;

/** A secured registrar, and the files of those who use it. */
class Stage implements AsyncDisposable {
  private constructor(
    readonly scratch: Scratch,
    readonly authority: Authority,
    readonly registrar: Running,
    readonly at: Secured,
  ) {}

  static async set(): Promise<Stage> {
    const scratch = await Scratch.make();
    const authority = await makeAuthority();
    const file = (name: string, text: string) => writeSecret(`${scratch.folder}/${name}`, text);
    await file("ca.pem", authority.ca.text);
    const ips = ["127.0.0.1"];
    await writeIssued(scratch, "r1", await authority.issue({ names: ["r1.example.org"], ips }));
    const r1 = { names: ["r1.example.org"], ips, uris: [REGISTRAR] };
    await writeIssued(scratch, "r1", await authority.issue(r1));
    for (const name of ["web-1", "oncall"]) {
      const own = await authority.issue({ names: [`${name}.example.org`], eku: ["client"] });
      await writeIssued(scratch, name, own);
    }
    await file("keys.psk", Object.entries(KEYS).map(([id, key]) => `${id}:${key}\n`).join(""));
    for (const [identity, key] of Object.entries(KEYS)) await file(`${identity}.psk`, key);
    await file("secured.yaml", `security:\n  psk-keys: keys.psk${PERMISSIONS}`);
    const any = ["asap", "enrp", "asap-tls", "enrp-tls", "asap-psk", "enrp-psk"].flatMap((name) => [
      `--${name}`,
      "127.0.0.1:0",
    ]);
    const args = ["--config", "secured.yaml", ...shows("r1"), ...any, "-v"];
    const registrar = scratch.serve("registrar", args);
    return new Stage(scratch, authority, registrar, await registrar.ready() as Secured);
  }

  /** Writes a certificate that somebody shows. */
  async issue(name: string, issued: Issued): Promise<void> {
    await writeIssued(this.scratch, name, issued);
  }

  resolve(...how: string[]): Promise<Outcome> {
    return this.scratch.run(["resolve", "web", "-r", this.at.asapTls![0]!, ...how]);
  }

  /** Registers an element of the pool `web`, and waits until it is. */
  async element(...how: string[]): Promise<Running> {
    const args = ["web", "--port", "9", "--check", "none", "--drain", "0s", ...how];
    const running = this.scratch.serve("register", args);
    await running.ready();
    return running;
  }

  /** Has the registrar read its files anew, and waits until it has. */
  async reload(): Promise<string> {
    const before = this.registrar.stderr.length;
    this.registrar.kill("SIGHUP");
    const [, said] = await this.registrar.says(/SIGHUP: (.*)\n/, before);
    return said!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scratch[Symbol.asyncDispose]();
  }
}

async function writeSecret(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(path, text, { mode: 0o600 });
}

async function writeIssued({ folder }: Scratch, name: string, issued: Issued): Promise<void> {
  await writeSecret(`${folder}/${name}.pem`, issued.cert.text);
  await writeSecret(`${folder}/${name}.key`, issued.key.text);
}

const trusts = ["--ca", "ca.pem"];
const shows = (name: string) => [...trusts, "--cert", `${name}.pem`, "--key", `${name}.key`];
const holds = (name: string) => ["--psk-identity", name, "--psk-file", `${name}.psk`];

function assertFailed({ code, stdout, stderr }: Outcome, expected: number, words: RegExp): void {
  assert.equal(code, expected, stderr);
  assert.match(stderr, words);
  assert.equal(stdout, "");
  assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
}

const UNTRUSTED = /^rserpool: no registrar could be authenticated: 127\.0\.0\.1:\d+: cannot be /;

Deno.test("over certificates and over keys, every command asks whom it may ask", async () => {
  await using stage = await Stage.set();
  const { scratch, at, registrar } = stage;
  const ways = [
    { asap: at.asapTls![0]!, enrp: at.enrpTls![0]!, web: shows("web-1"), oncall: shows("oncall") },
    { asap: at.asapPsk![0]!, enrp: at.enrpPsk![0]!, web: holds("web-1"), oncall: holds("oncall") },
  ];
  for (const { asap, enrp, web, oncall } of ways) {
    const element = await stage.element("-r", asap, ...web);
    const found = await scratch.run(["resolve", "web", "-r", asap, "-o", "json", ...oncall]);
    assert.equal(found.code, 0, found.stderr);
    assert.equal(JSON.parse(found.stdout).poolElements.length, 1);
    for (const command of ["status", "peers", "dump"]) {
      const asked = await scratch.run([command, "--enrp-registrar", enrp, "-o", "json", ...oncall]);
      assert.equal(asked.code, 0, asked.stderr);
      assert.equal(JSON.parse(asked.stdout).registrar.identifier, at.identifier);
    }
    const refused = await scratch.run(["peers", "--enrp-registrar", enrp, ...web]);
    assertFailed(refused, 6, /rejected the request: Rejected due to security considerations; what/);
    const other = ["register", "mail", "--port", "9", "--check", "none", "-r", asap, ...web];
    assertFailed(
      await scratch.run(other),
      6,
      /mail" was rejected: Rejected due to security consid/,
    );
    const watch = scratch.start(["resolve", "web", "--watch", "-o", "json", "-r", asap, ...oncall]);
    await watch.prints(/"poolElements":\[\{/);
    assert.equal((await element.stop()).code, 0);
    await watch.prints(/"poolElements":\[\]/);
    assert.equal((await watch.stop()).code, 0);
  }
  await registrar.says(/may not register in pool \\"mail\\"/);
  assert.equal((await registrar.stop()).code, 0);
  const all = registrar.stderr;
  for (const key of Object.values(KEYS)) assert.equal(all.includes(key), false, "no key is told");
});

Deno.test("what cannot be trusted is told in words, with exit 6", async () => {
  await using stage = await Stage.set();
  const { scratch, authority } = stage;
  const other = await makeAuthority({ subject: "Other Authority" });
  await writeSecret(`${scratch.folder}/other.pem`, other.ca.text);
  const cases: [how: string[], words: RegExp][] = [
    [["--ca", "other.pem"], /not in other\.pem|Test Authority.*other\.pem/],
    [
      [...trusts, "--server-name", "r2.example.org"],
      /is not for r2\.example\.org: it has .*r1\.exa/,
    ],
  ];
  for (const [how, words] of cases) {
    const outcome = await stage.resolve(...how);
    assertFailed(outcome, 6, UNTRUSTED);
    assert.match(outcome.stderr, words);
  }
  const none = await stage.resolve(...trusts);
  assertFailed(
    none,
    6,
    /security considerations; no certificate was shown \(--cert FILE and --key/,
  );
  const foreign = await other.issue({ names: ["web-9.example.org"], eku: ["client"] });
  await stage.issue("foreign", foreign);
  assertFailed(await stage.resolve(...shows("foreign")), 6, /it may not trust the certificate of/);
  const notAfter = new Date(Date.now() - DAY_MS);
  const notBefore = new Date(Date.now() - 9 * DAY_MS);
  const old = { names: ["web-8.example.org"], notBefore, notAfter };
  await stage.issue("expired", await authority.issue(old));
  const expired = await stage.resolve(...shows("expired"));
  assert.equal(expired.code, 6, expired.stderr);
  assert.match(expired.stderr, /warning: expired\.pem: .*expired/);
  await stage.registrar.says(/warning: handshake-refused remote=127/);
});

Deno.test("keys that are refused, no TLS at all, and who waits in vain: exit 6", async () => {
  await using stage = await Stage.set();
  const { scratch, at } = stage;
  const other = await makeAuthority({ subject: "Other Authority" });
  await writeSecret(`${scratch.folder}/other.pem`, other.ca.text);
  await writeSecret(
    `${scratch.folder}/wrong.psk`,
    `oncall:${KEYS["web-1"]}\nnobody:${KEYS.oncall}\n`,
  );
  const psk = [
    "resolve",
    "web",
    "-r",
    at.asapPsk![0]!,
    "--psk-file",
    "wrong.psk",
    "--psk-identity",
  ];
  for (const identity of ["oncall", "nobody"]) {
    assertFailed(await scratch.run([...psk, identity]), 6, UNTRUSTED);
  }
  const plain = await scratch.run(["resolve", "web", "-r", at.asap[0]!]);
  assertFailed(
    plain,
    6,
    /considerations; it was asked without TLS \(--ca FILE or --psk-file FILE\)/,
  );
  const late = ["register", "web", "--port", "9", "--check", "none", "--max-wait", "2s"];
  const hunted = await scratch.run([...late, "-r", at.asapTls![0]!, "--ca", "other.pem"]);
  assert.equal(hunted.code, 6, hunted.stderr);
});

Deno.test("a registrar whose own certificate is wrong is believed by nobody", async () => {
  await using stage = await Stage.set();
  const { scratch, authority } = stage;
  const ips = ["127.0.0.1"];
  const notAfter = new Date(Date.now() - DAY_MS);
  const notBefore = new Date(Date.now() - 9 * DAY_MS);
  const wrong = {
    expired: { names: ["r1"], ips, uris: [REGISTRAR], notBefore, notAfter },
    element: { names: ["r1"], ips },
  };
  const words = { expired: /expired/, element: /role of a registrar|rserpool:registrar/ };
  for (const name of ["expired", "element"] as const) {
    await stage.issue(name, await authority.issue(wrong[name]));
    const any = ["--asap", "127.0.0.1:0", "--enrp", "127.0.0.1:0"];
    const tls = ["--asap-tls", "127.0.0.1:0", "--enrp-tls", "127.0.0.1:0"];
    await writeSecret(`${scratch.folder}/tls.yaml`, `security:${PERMISSIONS}`);
    const args = ["--config", "tls.yaml", ...shows(name), ...any, ...tls];
    const registrar = scratch.serve("registrar", args);
    const { asapTls } = await registrar.ready() as Secured;
    await registrar.says(words[name]);
    const asked = await scratch.run(["resolve", "web", "-r", asapTls![0]!, ...shows("web-1")]);
    assertFailed(asked, 6, words[name]);
    assert.equal((await registrar.stop()).code, 0);
  }
});

Deno.test("SIGHUP: whoever is still entitled stays, whoever is not loses what it had", async () => {
  await using stage = await Stage.set();
  const { scratch, at, authority, registrar } = stage;
  const byKey = await stage.element("-r", at.asapPsk![0]!, ...holds("web-1"));
  const own = await authority.issue({ names: ["web-2.example.org"], eku: ["client"] });
  await stage.issue("web-2", own);
  const byCertificate = await stage.element("-r", at.asapTls![0]!, ...shows("web-2"));
  const list = async () => {
    const { code, stdout, stderr } = await stage.resolve(
      "--format",
      "{identifier}",
      ...shows("oncall"),
    );
    assert.equal(code, 0, stderr);
    return stdout.trim().split("\n").sort();
  };
  const [keyed, certified] = [
    (await byKey.ready()).identifier,
    (await byCertificate.ready()).identifier,
  ];
  assert.deepEqual(await list(), [keyed, certified].sort());
  await writeSecret(`${scratch.folder}/keys.psk`, `oncall:${KEYS.oncall}\n`);
  assert.match(
    await stage.reload(),
    /read anew: no key any more of "web-1" .*droppedConnections=1/,
  );
  await byKey.says(/lost the registrar/);
  assert.deepEqual(await list(), [certified]);
  await writeSecret(
    `${scratch.folder}/ca.pem`,
    `${authority.ca.text}\n${await authority.revoke(own)}`,
  );
  assert.match(await stage.reload(), /another --ca .*droppedConnections=1/);
  await byCertificate.says(/lost the registrar/);
  await writeSecret(`${scratch.folder}/secured.yaml`, "security:\n  identites: []\n");
  assert.match(
    await stage.reload(),
    /nothing is changed: secured\.yaml:2:3: unknown key "identites"/,
  );
  assert.equal((await stage.resolve(...shows("oncall"))).code, 3, "nobody is registered any more");
  assert.equal((await registrar.stop()).code, 0);
});

Deno.test("registrars are peers over certificates and keys; who is none says why", async () => {
  await using stage = await Stage.set();
  const { scratch, authority, registrar, at } = stage;
  const r2 = { names: ["r2.example.org"], ips: ["127.0.0.1"], uris: [REGISTRAR] };
  await stage.issue("r2", await authority.issue(r2));
  const file = (name: string, text: string) => writeSecret(`${scratch.folder}/${name}`, text);
  const both = "f0".repeat(32);
  await file("keys.psk", `oncall:${KEYS.oncall}\nr2-to-r1:${both}\n`);
  await file("own.psk", both);
  await file("r2-keys.psk", `oncall:${KEYS.oncall}\n`);
  const names = '{name: r, certificate: "r*.example.org", psk: r2-to-r1, registrar: true}';
  const permissions = `${PERMISSIONS}    - ${names}\n`;
  await file("secured.yaml", `security:\n  psk-keys: keys.psk${permissions}`);
  assert.match(await stage.reload(), /other permissions/);
  const [enrpTls, enrpPsk] = [at.enrpTls![0]!, at.enrpPsk![0]!];
  await file(
    "keyed.yaml",
    `security:
  psk-keys: r2-keys.psk
  psk-peers: {"${enrpPsk}": {identity: r2-to-r1, file: own.psk}}${permissions}`,
  );
  await file("plain.yaml", `security:${permissions}`);
  const open = (...names: string[]) => names.flatMap((name) => [`--${name}`, "127.0.0.1:0"]);
  const serve = async (peer: string, ...how: string[]) => {
    const args = [...how, ...open("asap", "enrp"), "--peer", peer, "--timing", "fast"];
    const other = scratch.serve("registrar", args);
    const { identifier } = await other.ready();
    await registrar.says(new RegExp(`peer-connected peer=${identifier}`));
    await other.says(new RegExp(`peer-connected peer=${at.identifier}`));
    assert.equal((await other.stop()).code, 0);
  };
  await serve(enrpTls, "--config", "plain.yaml", ...shows("r2"), ...open("asap-tls", "enrp-tls"));
  await serve(enrpPsk, "--config", "keyed.yaml", ...open("asap-psk", "enrp-psk"));
  await file("own.psk", "0f".repeat(32));
  const wrong = ["--config", "keyed.yaml", ...open("asap", "enrp", "asap-psk", "enrp-psk")];
  const alone = scratch.serve("registrar", [...wrong, "--peer", enrpPsk, "--timing", "fast"]);
  await alone.says(/peer-unreachable .* reason=security detail="the key with identity/);
  await alone.stop();
});

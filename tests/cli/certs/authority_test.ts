/** A certificate authority in a directory: what is made, kept, replaced, revoked and refused. */

import assert from "node:assert/strict";
import { issue } from "../../../cli/certs/work.ts";
import { MAX_DAYS } from "../../../cli/certs/authority.ts";
import { MAX_PEM_BYTES } from "../../../cli/certs/directory.ts";
import { MAX_INDEX_BYTES, type Role } from "../../../cli/certs/record.ts";
import { Log } from "../../../cli/log.ts";
import { Output } from "../../../cli/output.ts";
import { realWorld } from "../../../cli/world.ts";
import { TestAuthority } from "./authority.ts";

const DAY_MS = 86_400_000;

async function modeOf(path: string): Promise<string> {
  return ((await Deno.stat(path)).mode! & 0o777).toString(8);
}

Deno.test("init makes a directory that nobody else can enter, files of mode 0600", async () => {
  await using authority = await TestAuthority.folder();
  const made = await authority.json("init");
  assert.match(made.authority, /^rserpool CA [0-9a-f]{8}$/);
  assert.deepEqual([made.certificate, made.key], [
    `${authority.dir}/ca.crt`,
    `${authority.dir}/ca.key`,
  ]);
  await authority.ok("issue element web-1");
  assert.equal(await modeOf(authority.dir), "700");
  const files = [...Deno.readDirSync(authority.dir)].map(({ name }) => name).sort();
  const expected = ["ca.crt", "ca.key", "index.json", "lock", "web-1.crt", "web-1.key"];
  assert.deepEqual(files, expected);
  for (const file of files) assert.equal(await modeOf(`${authority.dir}/${file}`), "600", file);
  const { certificates: [root] } = await authority.json(`show ${authority.dir}/ca.crt`);
  assert.deepEqual([root.authority, root.name, root.state], [true, null, "valid"]);
  const days = (Date.parse(root.notAfter) - Date.now()) / DAY_MS;
  assert.ok(days > 3649 && days <= 3650, String(days));
});

Deno.test("a registrar has its role, name and addresses; the others their name", async () => {
  await using authority = await TestAuthority.make();
  const line = "issue registrar R1.example.org --address 192.0.2.1 --address ::1 --address r1.lan";
  const made = await authority.json(`${line} --address r1.example.org`);
  const { certificates: [r1] } = await authority.json(`show ${made.certificate}`);
  assert.deepEqual(r1, {
    ...r1,
    registrar: true,
    authority: false,
    name: "r1.example.org",
    dnsNames: ["r1.example.org", "r1.lan"],
    uris: ["rserpool:registrar"],
    ipAddresses: ["192.0.2.1", "::1"],
    usages: ["server", "client"],
    serial: made.serial,
    notAfter: made.notAfter,
  });
  const days = (Date.parse(r1.notAfter) - Date.now()) / DAY_MS;
  assert.ok(days > 364 && days <= 365, String(days));
  for (const [role, name] of [["element", "web-1"], ["user", "urn:a:b"], ["operator", "ops"]]) {
    const { certificate } = await authority.json(`issue ${role} ${name} --days 7`);
    const { certificates: [view] } = await authority.json(`show ${certificate}`);
    assert.deepEqual(
      [view.name, view.registrar, view.usages, view.ipAddresses, view.dnsNames.length],
      [name, false, ["client"], [], name === "urn:a:b" ? 0 : 1],
    );
    assert.ok(Date.parse(view.notAfter) - Date.now() <= 7 * DAY_MS);
  }
  const { stderr, code } = await authority.run("issue registrar urn:r2");
  assert.deepEqual([code, /needs --address/.test(stderr)], [2, true], stderr);
  const uri = await authority.json("issue registrar urn:r2 --address 192.0.2.2");
  const { certificates: [r2] } = await authority.json(`show ${uri.certificate}`);
  assert.deepEqual([r2.name, r2.uris], ["urn:r2", ["urn:r2", "rserpool:registrar"]]);
});

Deno.test("an element that is reached somewhere is a TLS server there", async () => {
  await using authority = await TestAuthority.make();
  const line = "issue element web-1 --address 192.0.2.10 --address bank.example.org";
  const { certificate } = await authority.json(line);
  const { certificates: [view] } = await authority.json(`show ${certificate}`);
  assert.deepEqual(view, {
    ...view,
    registrar: false,
    name: "web-1",
    dnsNames: ["web-1", "bank.example.org"],
    uris: [],
    ipAddresses: ["192.0.2.10"],
    usages: ["server", "client"],
  });
});

Deno.test("nothing is replaced without --force, which tells the serial number", async () => {
  await using authority = await TestAuthority.make();
  const root = await authority.read("ca.crt");
  const again = await authority.run("init");
  assert.deepEqual([again.code, again.stdout], [1, ""]);
  assert.match(again.stderr, /ca\.crt exists; what was issued by it would be worthless/);
  assert.equal(await authority.read("ca.crt"), root);

  const first = await authority.json("issue element web-1");
  const refused = await authority.run("issue user WEB-1");
  assert.deepEqual([refused.code, refused.stdout], [1, ""]);
  assert.match(refused.stderr, new RegExp(`web-1 has the certificate ${first.serial}, until 20`));
  const forced = await authority.run("issue element web-1 --force -o json");
  const second = JSON.parse(forced.stdout);
  assert.equal(second.replaces, first.serial);
  assert.match(forced.stderr, new RegExp(`warning: .*certs revoke ${first.serial}\n$`));
  const { certificates } = await authority.json("list");
  assert.deepEqual(
    certificates.map(({ serial, state }: Record<string, string>) => [serial, state]),
    [[first.serial, "replaced"], [second.serial, "valid"]],
  );

  await Deno.writeTextFile(`${authority.dir}/mine.key`, "precious");
  const foreign = await authority.run("issue element mine");
  assert.equal(foreign.code, 1);
  assert.match(foreign.stderr, /mine\.key exists; --force replaces it/);
  assert.equal(await authority.read("mine.key"), "precious");
  await Deno.remove(second.key);
  await Deno.remove(second.certificate);
  assert.match((await authority.run("issue element web-1")).stderr, /although its files are gone/);
});

Deno.test("revoke by name, serial number and file; the list grows and has one block", async () => {
  await using authority = await TestAuthority.make();
  const root = await authority.read("ca.crt");
  const first = await authority.json("issue element web-1");
  await authority.ok("issue element web-1 --force");
  const mail = await authority.json("issue element mail");
  const user = await authority.json("issue user urn:u");

  const byName = await authority.json("revoke WEB-1 --reason key-compromise");
  assert.equal(byName.certificates.length, 2);
  await authority.ok(`revoke ${mail.serial.toUpperCase()} --reason superseded`);
  await authority.ok(`revoke ${user.certificate}`);
  await authority.ok("revoke urn:u --reason key-compromise");
  assert.match((await authority.run("issue user urn:u")).stderr, /, revoked at 20.*Z; --force/);
  const text = await authority.read("ca.crt");
  assert.ok(text.startsWith(root), "the certificate comes first");
  assert.equal(text.match(/-----BEGIN X509 CRL-----/g)?.length, 1);
  const shown = await authority.json(`show ${authority.dir}/ca.crt`);
  const [list] = shown.revocationLists;
  assert.equal(list.number, 4);
  assert.equal(list.nextUpdate, shown.certificates[0].notAfter, "nothing renews a list by itself");
  const reasons = new Map(list.revoked.map((each: Record<string, string>) => [
    each.serial,
    each.reason,
  ]));
  assert.equal(reasons.size, 4);
  assert.equal(reasons.get(first.serial), "key-compromise");
  assert.equal(reasons.get(mail.serial), "superseded");
  assert.equal(reasons.get(user.serial), "unspecified", "the first reason stays");
  const { certificates } = await authority.json("list");
  assert.ok(certificates.every(({ state }: Record<string, string>) => state === "revoked"));
});

Deno.test("what others have put into ca.crt stays there", async () => {
  await using authority = await TestAuthority.make();
  await using other = await TestAuthority.make();
  await other.ok("issue user x");
  await other.ok("revoke x");
  const foreign = await other.read("ca.crt");
  await Deno.writeTextFile(`${authority.dir}/ca.crt`, foreign, { append: true });
  await authority.ok("issue user y");
  await authority.ok("revoke y");
  await authority.ok("revoke y");
  const { certificates, revocationLists } = await authority.json(`show ${authority.dir}/ca.crt`);
  assert.deepEqual([certificates.length, revocationLists.length], [2, 2]);
  const strange = await authority.run(`revoke ${other.dir}/x.crt`);
  assert.equal(strange.code, 2);
  assert.match(strange.stderr, /x\.crt was not issued by the authority in/);
});

/** Issues at a time. */
async function issueAt(authority: TestAuthority, name: string, days: number, now: number) {
  const pass = () => Promise.resolve();
  const terminal = { isTerminal: false, columns: undefined, write: () => {}, pass };
  const world = realWorld();
  const request = { role: "user" as Role, name: { type: "dns", value: name } as const, days };
  await issue(
    { world, stdout: new Output(terminal), log: new Log(() => {}) },
    { dir: authority.dir, force: false, request: { ...request, addresses: [] } },
    new Date(now),
  );
}

Deno.test("nothing outlives its authority, and what has expired says so", async () => {
  await using authority = await TestAuthority.folder();
  await authority.ok(["init", "--days", "30", "--name", "Lab, O=CA"]);
  await issueAt(authority, "late", MAX_DAYS, Date.now());
  await issueAt(authority, "old", 1, Date.now() - 3 * DAY_MS);
  const { certificates } = await authority.json("list");
  assert.deepEqual(
    certificates.map(({ name, state }: Record<string, string>) => `${name} ${state}`),
    ["late valid", "old expired"],
  );
  const { certificates: [root] } = await authority.json(`show ${authority.dir}/ca.crt`);
  assert.equal(certificates[0].notAfter, root.notAfter);
  assert.match(root.subject, /^CN=.*Lab.*O=CA/);
  await assert.rejects(
    issueAt(authority, "dead", 1, Date.now() + 31 * DAY_MS),
    /ExitError: the authority has expired on 20/,
  );
  const { code, stderr } = await authority.run("revoke old");
  assert.deepEqual([code, stderr], [1, "rserpool: every certificate of old has expired\n"]);
  // A renewal of what has expired needs no warning, but --force all the same.
  assert.equal((await authority.run("issue user old")).code, 1);
  assert.equal((await authority.run("issue user old --force")).stderr, "");
});

Deno.test("what an index, a key or a certificate must not be", async () => {
  await using authority = await TestAuthority.make();
  await using other = await TestAuthority.make();
  const at = (file: string) => `${authority.dir}/${file}`;
  const broken: [file: string, text: string, words: RegExp][] = [
    ["index.json", "{", /index\.json is not JSON; take it from a backup/],
    ["index.json", '{"version":2}', /index\.json is no index of certificates/],
    ["index.json", " ".repeat(MAX_INDEX_BYTES + 1), /longer than 16777216 bytes/],
    ["ca.key", "hunter2", /ca\.key is no private key on the curve P-256 in PEM/],
    ["ca.key", await other.read("ca.key"), /ca\.key is not the key of .*ca\.crt/],
    ["ca.crt", "", /ca\.crt has no certificate in PEM/],
    ["ca.crt", " ".repeat(MAX_PEM_BYTES + 1), /longer than 16777216 bytes/],
    ["ca.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", /can be read/],
  ];
  for (const [file, text, words] of broken) {
    const before = await authority.read(file);
    await Deno.writeTextFile(at(file), text);
    const { code, stdout, stderr } = await authority.run("issue user u");
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.match(stderr, words);
    assert.ok(!stderr.includes("hunter2"));
    await Deno.writeTextFile(at(file), before);
  }
  await Deno.chmod(at("ca.key"), 0o604);
  assert.match((await authority.run("issue user u")).stderr, /ca\.key has mode 0604/);
  await Deno.chmod(at("ca.key"), 0o600);
  await authority.ok("issue user u");
});

Deno.test("many at once lose nothing, and what a dead process left does not matter", async () => {
  await using authority = await TestAuthority.make();
  // As a process leaves them that was killed while it wrote.
  for (const file of ["index.json.new", "web-1.key.new", "lock"]) {
    await Deno.writeTextFile(`${authority.dir}/${file}`, "half");
  }
  const names = Array.from({ length: 8 }, (_, i) => `web-${i}`);
  await Promise.all(names.map((name) => authority.ok(`issue element ${name}`)));
  const { certificates } = await authority.json("list");
  assert.deepEqual(certificates.map(({ name }: { name: string }) => name).sort(), names);
  const left = [...Deno.readDirSync(authority.dir)].filter(({ name }) => name.endsWith(".new"));
  assert.deepEqual(left, []);
});

Deno.test("a directory of others is not taken, an empty one is", async () => {
  await using authority = await TestAuthority.folder();
  await Deno.mkdir(authority.dir);
  await Deno.chmod(authority.dir, 0o755);
  await Deno.writeTextFile(`${authority.dir}/letter`, "");
  const { code, stderr } = await authority.run("init");
  assert.equal(code, 1);
  assert.match(stderr, /others have access to .*ca, and it is not empty: chmod 700 it/);
  await Deno.remove(`${authority.dir}/letter`);
  await authority.ok("init");
  assert.equal(await modeOf(authority.dir), "700");
});

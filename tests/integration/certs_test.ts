/**
 * `certs` and `psk` of the built file: what they write is held against OpenSSL, and what they leave
 * where the disk is full or may not be written to.
 */
import assert from "node:assert/strict";
import { hasProgram, type Outcome, Scratch } from "./harness.ts";

const ignore = !hasProgram("openssl");

/** An authority of a test's own. */
class Authority {
  constructor(readonly scratch: Scratch) {}

  /** Runs `rserpool certs …`, which must succeed. */
  async certs(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.scratch.run(["certs", ...args]);
    assert.equal(code, 0, `certs ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  /** Runs `openssl …` in the authority's directory. */
  openssl(...args: string[]): Promise<Outcome> {
    const cwd = `${this.scratch.folder}/rserpool-ca`;
    return this.scratch.spawn("openssl", args, { cwd }).ended;
  }

  /** Verifies a file strictly; the answer is "OK" or OpenSSL's reason. */
  async verify(file: string, ...more: string[]): Promise<string> {
    const { code, stderr } = await this.openssl(
      ...["verify", "-x509_strict", "-check_ss_sig", "-CAfile", "ca.crt", ...more, file],
    );
    return code === 0 ? "OK" : /depth lookup: (.*)/.exec(stderr)?.[1] ?? stderr;
  }

  /** The text of a certificate, as OpenSSL reads it, each run of blanks one. */
  async text(file: string): Promise<string> {
    const { code, stdout } = await this.openssl("x509", "-noout", "-text", "-in", file);
    assert.equal(code, 0);
    return stdout.replace(/\s+/g, " ");
  }
}

Deno.test({ name: "OpenSSL takes strictly what is issued, for what it is", ignore }, async () => {
  await using scratch = await Scratch.make();
  const authority = new Authority(scratch);
  const long = `urn:example:${"x".repeat(100)}`;
  // Beyond 2049, dates have another form.
  await authority.certs("init", "--days", "36500", "--name", "Lab / CA, Ünit");
  const places = ["--address", "192.0.2.1", "--address", "2001:db8::1"];
  await authority.certs("issue", "registrar", "r1.example.org", ...places);
  await authority.certs("issue", "element", "web-1", "--days", "36500");
  await authority.certs("issue", "user", long);
  const uriFile = `${encodeURIComponent(long)}.crt`;

  assert.equal(await authority.verify("ca.crt"), "OK");
  for (const file of ["r1.example.org.crt", "web-1.crt", uriFile]) {
    assert.equal(await authority.verify(file, "-purpose", "sslclient"), "OK", file);
    const isRegistrar = file === "r1.example.org.crt";
    const asServer = await authority.verify(file, "-purpose", "sslserver");
    assert.equal(asServer === "OK", isRegistrar, asServer);
    assert.notEqual(await authority.verify(file, "-purpose", "crlsign"), "OK");
  }
  const r1 = "r1.example.org.crt";
  assert.equal(await authority.verify(r1, "-verify_hostname", "r1.example.org"), "OK");
  assert.equal(await authority.verify(r1, "-verify_ip", "192.0.2.1"), "OK");
  assert.equal(await authority.verify(r1, "-verify_ip", "2001:db8::1"), "OK");
  assert.match(await authority.verify(r1, "-verify_hostname", "r2.example.org"), /mismatch/);
  assert.match(await authority.verify(r1, "-verify_ip", "192.0.2.2"), /mismatch/);

  const text = await authority.text(r1);
  assert.match(text, /Basic Constraints: critical CA:FALSE/);
  assert.match(text, /Key Usage: critical Digital Signature X509v3 Extended/);
  assert.match(text, /DNS:r1\.example\.org, URI:rserpool:registrar, IP Address:192\.0\.2\.1/);
  assert.match(text, /NIST CURVE: P-256/);
  assert.match(
    await authority.text("ca.crt"),
    /critical CA:TRUE, pathlen:0 .*Certificate Sign, CRL/,
  );
  for (const name of ["r1.example.org", "ca"]) {
    const key = await authority.openssl("pkey", "-in", `${name}.key`, "-pubout");
    const own = await authority.openssl("x509", "-in", `${name}.crt`, "-noout", "-pubkey");
    assert.equal(own.stdout, key.stdout, "key and certificate belong together");
    assert.match(key.stdout, /BEGIN PUBLIC KEY/);
  }
});

Deno.test({ name: "OpenSSL refuses what was revoked, and nothing else", ignore }, async () => {
  await using scratch = await Scratch.make();
  const authority = new Authority(scratch);
  await authority.certs("init");
  for (const name of ["web-1", "web-2", "web-3"]) await authority.certs("issue", "element", name);
  await authority.certs("revoke", "web-1", "--reason", "key-compromise");
  await authority.certs("revoke", "rserpool-ca/web-2.crt");
  const answers = [];
  for (const file of ["web-1.crt", "web-2.crt", "web-3.crt"]) {
    answers.push(await authority.verify(file, "-crl_check"));
  }
  assert.deepEqual(answers, ["certificate revoked", "certificate revoked", "OK"]);
  assert.equal(await authority.verify("ca.crt", "-crl_check"), "OK");
  const list = `${scratch.folder}/rserpool-ca/list.crl`;
  const file = await Deno.readTextFile(`${scratch.folder}/rserpool-ca/ca.crt`);
  await Deno.writeTextFile(list, file.slice(file.indexOf("-----BEGIN X509 CRL")));
  const { stdout } = await authority.openssl("crl", "-noout", "-text", "-in", list);
  const text = stdout.replace(/\s+/g, " ");
  assert.match(text, /Version 2 .*X509v3 CRL Number: 2 Revoked Certificates:/);
  assert.equal(text.match(/X509v3 CRL Reason Code: Key Compromise/g)?.length, 1);
  assert.equal(text.match(/Reason Code/g)?.length, 1, "what is unspecified is not said");
});

Deno.test("the built file's psk prints a key, or writes it for its owner alone", async () => {
  await using scratch = await Scratch.make();
  const printed = await scratch.run(["psk", "generate", "web-1"]);
  assert.match(printed.stdout, /^web-1:[0-9a-f]{64}\n$/);
  const { code, stdout, stderr } = await scratch.run(["psk", "generate", "a", "--file", "k"]);
  assert.deepEqual([code, stdout, stderr], [0, "", ""]);
  assert.equal((await Deno.stat(`${scratch.folder}/k`)).mode! & 0o777, 0o600);
});

/** Whether a user may mount something in a namespace of its own. */
function canMount(): boolean {
  if (!hasProgram("unshare")) return false;
  const args = ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"];
  return new Deno.Command("unshare", { args, stderr: "null" }).outputSync().success;
}

const HOSTILE = `
mount -t tmpfs -o size=16k none "$1" || exit 99
export RSERPOOL_CA_DIR="$1/ca"
rserpool certs init -q || exit 98
cp "$1/ca/index.json" "$2"
rserpool certs issue user full; echo "full: $?"
head -c 16384 /dev/zero > "$1/rest" 2>/dev/null
rserpool psk generate web-1 --file "$1/ca/keys.psk"; echo "psk: $?"
cmp "$1/ca/index.json" "$2" && ls "$1/ca"
mount -o remount,bind,ro "$1" || exit 97
rserpool certs issue user read-only; echo "read-only: $?"
rserpool certs init --dir "$1/other"; echo "init: $?"
rserpool psk generate web-1 --file "$1/keys.psk"; echo "psk: $?"
rserpool certs list --no-header; echo "list: $?"
`;

Deno.test(
  { name: "a full disk and a read-only one change nothing", ignore: !canMount() },
  async () => {
    await using scratch = await Scratch.make();
    const folder = `${scratch.folder}/small`;
    await Deno.mkdir(folder);
    const args = ["-rm", "sh", "-c", HOSTILE, "sh", folder, `${scratch.folder}/index`];
    const { stdout, stderr } = await scratch.spawn("unshare", args).ended;
    assert.deepEqual(stdout.trim().split("\n"), [
      "full: 1",
      "psk: 1",
      ...["ca.crt", "ca.key", "index.json", "lock"],
      ...["read-only: 1", "init: 1", "psk: 1", "list: 0"],
    ], stderr);
    const lines = stderr.trim().split("\n");
    const words = [
      /^rserpool: cannot write .*full\.key: no space left on device$/,
      /^rserpool: cannot write .*keys\.psk: no space left on device$/,
      /^rserpool: cannot lock .*small\/ca: read-only file system$/,
      /^rserpool: cannot make the directory .*other: read-only file system$/,
      /^rserpool: cannot write .*keys\.psk: read-only file system$/,
    ];
    assert.equal(lines.length, words.length, stderr);
    for (const [index, each] of words.entries()) assert.match(lines[index]!, each);
  },
);

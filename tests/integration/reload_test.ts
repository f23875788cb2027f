/**
 * Certificates of `rserpool certs` in a running cluster: revoked, renewed, and SIGHUP after each.
 * docs/security.md, "Changing it while it runs".
 */

import assert from "node:assert/strict";
import { type Ready, type Running, Scratch } from "./harness.ts";

type Secured = Ready & { readonly asapTls: readonly string[] };

const permissionsOf = (register: string) =>
  `security:
  read: everyone
  identities:
    - {certificate: "r*.example.org", registrar: true}
    - {certificate: web-3.example.org, register: [${register}]}
    - {certificate: "web-*.example.org", register: [web]}
`;
const issuedFiles = (name: string) => ["--cert", `ca/${name}.crt`, "--key", `ca/${name}.key`];

/** A registrar of the authority of `rserpool certs`, its files as an operator copies them. */
class House implements AsyncDisposable {
  private constructor(
    readonly scratch: Scratch,
    readonly registrar: Running,
    private readonly asap: string,
  ) {}

  static async open(): Promise<House> {
    const scratch = await Scratch.make();
    await certs(scratch, "init", "--name", "Test Authority");
    await certs(scratch, "issue", "registrar", "r1.example.org", "--address", "127.0.0.1");
    for (const name of ["web-1", "web-2", "web-3"]) {
      await certs(scratch, "issue", "element", `${name}.example.org`);
    }
    for (const kind of ["crt", "key"]) {
      await Deno.copyFile(
        `${scratch.folder}/ca/r1.example.org.${kind}`,
        `${scratch.folder}/r.${kind}`,
      );
    }
    await Deno.copyFile(`${scratch.folder}/ca/ca.crt`, `${scratch.folder}/trusted.crt`);
    await Deno.writeTextFile(`${scratch.folder}/secured.yaml`, permissionsOf("web"));
    const own = ["--ca", "trusted.crt", "--cert", "r.crt", "--key", "r.key"];
    const listeners = ["asap", "enrp", "asap-tls", "enrp-tls"].flatMap((name) => [
      `--${name}`,
      "127.0.0.1:0",
    ]);
    const args = ["-v", "--config", "secured.yaml", "--timing", "fast", ...own, ...listeners];
    const registrar = scratch.serve("registrar", args);
    const { asapTls } = await registrar.ready() as Secured;
    return new House(scratch, registrar, asapTls[0]!);
  }

  /** Starts an element with its certificate in the authority's directory. */
  async element(name: string): Promise<Running & { readonly identifier: string }> {
    const what = ["web", "-v", "--port", "9", "--check", "none", "--drain", "0s"];
    const whom = ["--timing", "fast", "-r", this.asap, "--ca", "ca/ca.crt"];
    const running = this.scratch.serve("register", [...what, ...whom, ...issuedFiles(name)]);
    return Object.assign(running, { identifier: (await running.ready()).identifier });
  }

  /** A pool user that stays. */
  async watch(): Promise<Running> {
    const whom = ["-r", this.asap, "--ca", "ca/ca.crt"];
    const running = this.scratch.start(["resolve", "web", "--watch", "-o", "json", ...whom]);
    await running.prints(/"poolElements":\[\{/);
    return running;
  }

  async resolve(...how: string[]): Promise<string[]> {
    const asked = ["resolve", "web", "-r", this.asap, "--ca", "ca/ca.crt", ...how];
    const { code, stdout, stderr } = await this.scratch.run([
      ...asked,
      "--format",
      "{identifier}",
    ]);
    assert.equal(code, 0, stderr);
    return stdout.trim().split("\n").sort();
  }

  /** What the authority says is copied to where the registrar reads it. */
  async copyAuthority(): Promise<void> {
    await Deno.copyFile(`${this.scratch.folder}/ca/ca.crt`, `${this.scratch.folder}/trusted.crt`);
  }

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

async function certs(scratch: Scratch, ...args: string[]): Promise<void> {
  const env = { RSERPOOL_CA_DIR: "ca" };
  const { code, stderr } = await scratch.run(["certs", ...args], { env });
  assert.equal(code, 0, stderr);
}

Deno.test("certs revoke, a copy and SIGHUP: that element is dropped, all others stay", async () => {
  await using house = await House.open();
  const { scratch, registrar } = house;
  const [first, second, third] = [
    await house.element("web-1.example.org"),
    await house.element("web-2.example.org"),
    await house.element("web-3.example.org"),
  ];
  const user = await house.watch();
  await certs(scratch, "revoke", "web-1.example.org");
  assert.match(await house.reload(), /read anew: nothing has changed/, "nothing is copied yet");
  await house.copyAuthority();
  assert.match(await house.reload(), /read anew: another --ca .*droppedConnections=1\b/);
  await first.says(/lost the registrar/);
  await first.says(/it may not trust the certificate of this side/);
  const why = 'detail="[^\n]*CN=web-1\.example\.org[^\n]* was revoked on';
  await registrar.says(new RegExp(`association-closed .*reason=security ${why}`));
  await registrar.says(new RegExp(`pool-element-removed .*${first.identifier} .*${why}`));
  const rest = [second.identifier, third.identifier].sort();
  assert.deepEqual(await house.resolve(), rest);
  // The user that stays is told, by the association that it has.
  await user.prints(new RegExp(`"poolElements":\\[(?!.*${first.identifier}).*\\n`));
  assert.doesNotMatch(user.stderr, /lost/);
  for (const { stderr } of [second, third]) assert.doesNotMatch(stderr, /lost the registrar/);
  await Deno.writeTextFile(`${scratch.folder}/secured.yaml`, permissionsOf("mail"));
  assert.match(await house.reload(), /read anew: other permissions/);
  await registrar.says(new RegExp(`pool-element-removed .*${third.identifier}`));
  assert.deepEqual(await house.resolve(), [second.identifier]);
  assert.doesNotMatch(second.stderr, /lost the registrar/);
  assert.equal((await user.stop()).code, 0);
});

Deno.test("a certificate renewed in place serves after SIGHUP, on both sides", async () => {
  await using house = await House.open();
  const { scratch } = house;
  const element = await house.element("web-1.example.org");
  const name = "web-1.example.org";
  await Deno.copyFile(`${scratch.folder}/ca/${name}.crt`, `${scratch.folder}/old.crt`);
  await certs(scratch, "issue", "element", name, "--force");
  element.kill("SIGHUP");
  await element.says(/SIGHUP: certificates and keys are read anew/);
  await certs(scratch, "revoke", "./old.crt");
  await house.copyAuthority();
  const before = element.stderr.length;
  assert.match(await house.reload(), /another --ca .*droppedConnections=1\b/);
  await element.says(/lost the registrar/, before);
  await element.says(/registered/, element.stderr.indexOf("lost the registrar"));
  assert.deepEqual(await house.resolve(), [element.identifier], "it is who it was");
  const told = element.stderr.length;
  await certs(scratch, "issue", "registrar", "r9.example.org", "--address", "127.0.0.1");
  for (const kind of ["crt", "key"]) {
    await Deno.copyFile(
      `${scratch.folder}/ca/r9.example.org.${kind}`,
      `${scratch.folder}/r.${kind}`,
    );
  }
  assert.match(await house.reload(), /read anew: another --cert; another --key/);
  assert.doesNotMatch(element.stderr.slice(told), /lost the registrar/);
  const r9 = ["--server-name", "r9.example.org"];
  assert.deepEqual(await house.resolve(...r9), [element.identifier]);
  await Deno.writeTextFile(`${scratch.folder}/r.crt`, "no certificate");
  assert.match(await house.reload(), /nothing is changed: .*r\.crt/);
  assert.deepEqual(await house.resolve(...r9), [element.identifier]);
  assert.equal((await element.stop()).code, 0);
});

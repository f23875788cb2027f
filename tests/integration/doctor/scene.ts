/** Secured registrars, right ones and wrong ones, and the files of those who come to them. */

import { type Issued, makeAuthority, REGISTRAR } from "../../net/certificates.ts";
import type { Ready, Scratch } from "../harness.ts";

/** Where registrars of the scene serve, by a word for what is with them. */
export type Places = Readonly<Record<string, string>>;

const DAY_MS = 24 * 60 * 60 * 1000;
const SECURITY = `
security:
  read: everyone
  psk-keys: keys.psk
  identities:
    - {certificate: web-1.example.org, register: [web]}
    - {certificate: oncall.example.org, operate: true}
    - {certificate: "r*.example.org", registrar: true}
    - {psk: web-1, register: [web]}
`;
const STRICT = `
security:
  identities:
    - {certificate: web-1.example.org, register: [web]}
`;
const ANY = "127.0.0.1:0";
const DIR = "rserpool-ca";

type SecuredReady = Ready & Readonly<Record<"asapTls" | "enrpTls" | "asapPsk", readonly string[]>>;

/** Makes the files, and starts the registrars. */
export async function setScene(scratch: Scratch): Promise<Places> {
  await makeFiles(scratch);
  const r1 = await start(scratch, own("r1"), "security.yaml", ["--enrp-tls", ANY]);
  const r2 = await start(scratch, own("r2"), "security.yaml", [
    "--peer",
    r1.enrpTls[0]!,
    "--allow-insecure-resolution",
  ]);
  const strict = await start(scratch, own("r1"), "strict.yaml");
  const open = await scratch.registrar();
  return {
    asap: r1.asapTls[0]!,
    enrp: r1.enrpTls[0]!,
    psk: r1.asapPsk[0]!,
    plain: r1.asap[0]!,
    plain2: r2.asap[0]!,
    port: r1.asapTls[0]!.split(":")[1]!,
    strict: strict.asapTls[0]!,
    strictEnrp: strict.enrpTls[0]!,
    open: open.at.asap,
    ...await startFaulty(scratch),
  };
}

/** Makes the files, and starts one registrar. */
export async function setRegistrar(scratch: Scratch): Promise<Record<"asap" | "enrp", string>> {
  await makeFiles(scratch);
  const { asapTls, enrpTls } = await start(scratch, own("r1"), "security.yaml");
  return { asap: asapTls[0]!, enrp: enrpTls[0]! };
}

async function makeFiles(scratch: Scratch): Promise<void> {
  const run = async (line: string) => {
    const { code, stderr } = await scratch.run(line.split(" "));
    if (code !== 0) throw new Error(`${line}: ${stderr}`);
  };
  await run("certs init");
  await run("certs issue registrar r1.example.org --address 127.0.0.1");
  await run("certs issue registrar r2.example.org --address 127.0.0.1");
  for (const name of ["web-1", "gone"]) await run(`certs issue element ${name}.example.org`);
  await run("certs issue operator oncall.example.org");
  await run("certs revoke gone.example.org");
  await run("certs init --dir other");
  await run("certs issue element web-1.example.org --dir other");
  await run("psk generate web-1 --file keys.psk");
  await run("psk generate web-1 --file wrong.psk");
  const { folder } = scratch;
  await Deno.copyFile(`${folder}/keys.psk`, `${folder}/shared.psk`);
  await Deno.chmod(`${folder}/shared.psk`, 0o644);
  await Deno.copyFile(`${folder}/${DIR}/web-1.example.org.key`, `${folder}/shared.key`);
  await Deno.chmod(`${folder}/shared.key`, 0o644);
  await Deno.writeTextFile(`${folder}/security.yaml`, SECURITY);
  await Deno.writeTextFile(`${folder}/strict.yaml`, STRICT);
}

/** The options by which a registrar has its certificate. */
function own(name: string): string[] {
  const path = `${DIR}/${name}.example.org`;
  return ["--ca", `${DIR}/ca.crt`, "--cert", `${path}.crt`, "--key", `${path}.key`];
}

async function start(
  scratch: Scratch,
  certificate: readonly string[],
  config: string,
  more: readonly string[] = [],
): Promise<SecuredReady> {
  const tls = ["--asap-tls", ANY, "--enrp-tls", ANY];
  const psk = config === "security.yaml" ? ["--asap-psk", ANY, "--enrp-psk", ANY] : [];
  const args = ["--config", config, ...certificate, ...tls, ...psk, ...more];
  return await (await scratch.registrar(args)).ready() as SecuredReady;
}

/** Registrars whose certificates no authority of ours would issue so. */
async function startFaulty(scratch: Scratch): Promise<Places> {
  const authority = await makeAuthority();
  const { folder } = scratch;
  await Deno.writeTextFile(`${folder}/test-ca.pem`, authority.ca.text);
  const right = { ips: ["127.0.0.1"], names: ["r1.example.org"], uris: [REGISTRAR] };
  const wishes = {
    expired: { notBefore: new Date(0), notAfter: new Date("2026-01-02T03:04:05Z") },
    early: { notBefore: new Date("2126-01-01"), notAfter: new Date("2127-01-01") },
    soon: { notAfter: new Date(Date.now() + DAY_MS) },
    roleless: { uris: [] },
  };
  const places: Record<string, string> = {};
  for (const [name, wish] of Object.entries(wishes)) {
    await write(folder, name, await authority.issue({ ...right, ...wish }));
    const certificate = ["--ca", "test-ca.pem", "--cert", `${name}.pem`, "--key", `${name}.key`];
    const { asapTls } = await start(scratch, certificate, "strict.yaml");
    places[name] = asapTls[0]!;
  }
  return places;
}

async function write(folder: string, name: string, { cert, key }: Issued): Promise<void> {
  await Deno.writeTextFile(`${folder}/${name}.pem`, cert.text);
  await Deno.writeTextFile(`${folder}/${name}.key`, key.text, { mode: 0o600 });
}

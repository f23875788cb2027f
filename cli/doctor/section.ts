/** The section `security:` of a registrar's configuration, on its own host; nothing is sent. */

import type { Api } from "../api.ts";
import type { Context } from "../command.ts";
import { besideFile, pathOf } from "../credential_files.ts";
import type { SharedValues } from "../options.ts";
import { type PskFile, pskKeyOf, readPskFile } from "../psk_file.ts";
import type { SecuritySection } from "../security_section.ts";
import { checkCertificateFiles, type Description, wordsOf } from "./certificate_files.ts";
import { type Finding, Findings } from "./finding.ts";
import { checkListeners } from "./listeners.ts";
import { checkPermissions } from "./permissions.ts";

/** Looks at the files that a registrar would be given, and at what it says of whom. */
export async function checkSection(
  context: Context,
  options: SharedValues,
  section: SecuritySection,
): Promise<Finding[]> {
  const findings = new Findings();
  const api = await context.api();
  const certificate = await checkCertificate(context, options, api, findings);
  const keys = await checkKeys(context, section, findings);
  if (certificate === "none" && section.pskKeys === undefined) {
    const how = "give the registrar --ca, --cert and --key, or psk-keys here";
    findings.add("permissions", "wrong", `${section.where}: nobody can prove anything: ${how}`);
  }
  checkPermissions(section, keys, findings);
  if (typeof certificate === "object") {
    checkListeners(context.configuration!, certificate, findings);
  }
  return findings.all;
}

type Certificate = Description | "none" | "unusable";

async function checkCertificate(
  context: Context,
  options: SharedValues,
  api: Api,
  findings: Findings,
): Promise<Certificate> {
  const [ca, cert, key] = (["ca", "cert", "key"] as const).map((name) =>
    registrarsPath(context, options, name)
  );
  if (cert === undefined && key === undefined) return "none";
  const given = { "--ca": ca, "--cert": cert, "--key": key };
  const [missing] = Object.entries(given).filter(([, path]) => path === undefined);
  if (missing !== undefined) {
    findings.add("certificates", "wrong", `a registrar's certificate needs ${missing[0]}, too`);
    return "unusable";
  }
  const holder = { use: "server", needsRole: true } as const;
  const paths = { ca: ca!, cert: cert!, key: key! };
  const { world } = context;
  const usable = await checkCertificateFiles(api, world, paths, holder, findings, Date.now());
  return usable?.own ?? "unusable";
}

/** What stands under `client:` is not the registrar's. */
function registrarsPath(
  context: Context,
  options: SharedValues,
  name: "ca" | "cert" | "key",
): string | undefined {
  if (["option", "environment"].includes(context.sourceOf(name))) {
    return pathOf(context, options, name);
  }
  const path = context.configuration?.shared(name, false)?.texts.at(-1);
  return path === undefined ? undefined : besideFile(options.config!, path);
}

/** The identities whose keys are accepted; `undefined`: the file cannot be read. */
async function checkKeys(
  { world }: Context,
  { pskKeys, pskPeers }: SecuritySection,
  findings: Findings,
): Promise<readonly string[] | undefined> {
  const read = async (path: string, judge: (file: PskFile) => string) => {
    try {
      const file = await readPskFile(world, path);
      findings.add("psk", "ok", `${path}: ${judge(file)}`);
      return file;
    } catch (error) {
      findings.add("psk", "wrong", wordsOf(error));
    }
  };
  for (const [address, { identity, file }] of pskPeers) {
    await read(file, (keys) => {
      pskKeyOf(keys, identity);
      return `has the key of identity "${identity}" for the peer ${address}`;
    });
  }
  if (pskKeys === undefined) return [];
  const accepted = await read(pskKeys, ({ keys }) => {
    return keys.size === 1
      ? "has the key of 1 identity"
      : `has the keys of ${keys.size} identities`;
  });
  if (accepted?.bare !== undefined) {
    findings.add("psk", "wrong", `${pskKeys} has a key without an identity; write IDENTITY:KEY`);
  }
  return accepted && [...accepted.keys.keys()];
}

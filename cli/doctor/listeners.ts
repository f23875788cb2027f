/** Whether a registrar's certificate has the names by which it is reached. RFC 5352 §9.2. */

import { parseWrittenAddress } from "../address.ts";
import { SECURED_OPTIONS } from "../commands/registrar_listeners.ts";
import type { Configuration } from "../config.ts";
import { longName } from "../option.ts";
import type { Description } from "./certificate_files.ts";
import type { Findings } from "./finding.ts";

/** Listeners that are served with the certificate, and what clients and peers are told instead. */
const NAMES = [
  longName(SECURED_OPTIONS.asapTls),
  longName(SECURED_OPTIONS.enrpTls),
  "advertise-asap",
  "advertise-enrp",
];
const UNSPECIFIED: readonly string[] = ["0.0.0.0", "::"];
const DEFAULT = "127.0.0.1";

/** Looks at the addresses in a configuration; those of a command line it cannot know. */
export function checkListeners(
  configuration: Configuration,
  certificate: Description,
  findings: Findings,
): void {
  const dialled = new Map<string, string>();
  for (const name of NAMES) {
    const written = configuration.ofCommand("registrar", name);
    for (const text of written?.texts ?? []) {
      const { host } = parseWrittenAddress(text, { zeroPort: true });
      dialled.set(host, `${written!.where}: ${name}`);
    }
  }
  if (dialled.size === 0) {
    const where = `the certificate has ${namesOf(certificate).join(", ") || "no names"}`;
    const words = "the configuration says no address of asap-tls and enrp-tls";
    findings.add("listeners", "unchecked", `${words} (default ${DEFAULT}); ${where}`);
  }
  for (const [host, where] of dialled) checkHost(host, where, certificate, findings);
}

function checkHost(
  host: string,
  where: string,
  certificate: Description,
  findings: Findings,
): void {
  const names = namesOf(certificate).join(", ") || "no names";
  if (UNSPECIFIED.includes(host)) {
    const words = `${where}: ${host} stands for all addresses of this host`;
    findings.add("listeners", "unchecked", `${words}; the certificate has ${names}`);
  } else if (isNamed(host, certificate)) {
    findings.add("listeners", "ok", `${where}: the certificate is for ${host}`);
  } else {
    const advice = `who dials it by that needs --server-name`;
    const words = `${where}: the certificate is not for ${host}: it has ${names}`;
    findings.add("listeners", "warning", `${words}; ${advice}`);
  }
}

function namesOf({ dnsNames, addresses }: Description): string[] {
  return [...dnsNames, ...addresses.map(canonical)];
}

function isNamed(host: string, { dnsNames, addresses }: Description): boolean {
  if (/[:]|^[0-9.]+$/.test(host)) return addresses.map(canonical).includes(canonical(host));
  const name = host.toLowerCase().replace(/\.$/, "");
  return dnsNames.some((each) => {
    const presented = each.toLowerCase().replace(/\.$/, "");
    if (!presented.startsWith("*.")) return presented === name;
    return name.includes(".") && name.slice(name.indexOf(".") + 1) === presented.slice(2);
  });
}

/** IPv6 addresses in one form. */
function canonical(address: string): string {
  if (!address.includes(":")) return address;
  return URL.parse(`http://[${address}]`)?.hostname.slice(1, -1) ?? address;
}

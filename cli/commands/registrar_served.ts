/** Where a registrar serves, for its ready file and in words. */

import { formatAddress, isLoopback } from "../address.ts";
import type { Registrar, RegistrarSettings, SocketAddress } from "../api.ts";
import type { Log } from "../log.ts";

type Served = Pick<Registrar, "asap" | "enrp" | "asapTls" | "enrpTls" | "asapPsk" | "enrpPsk">;

/** The addresses in the ready file: those without TLS always, others where they are opened. */
export function readyAddresses(served: Served): Record<string, readonly string[]> {
  const { asap, enrp, asapTls, enrpTls, asapPsk, enrpPsk } = served;
  const secured = Object.entries({ asapTls, enrpTls, asapPsk, enrpPsk });
  const opened = secured.filter(([, addresses]) => addresses.length > 0);
  const all = [["asap", asap] as const, ["enrp", enrp] as const, ...opened];
  return Object.fromEntries(all.map(([name, addresses]) => [name, addresses.map(formatAddress)]));
}

/** What it serves, in one sentence. */
export function servedWords(served: Served, { security }: RegistrarSettings): string {
  if (security === undefined) return sentence(written(served.asap), written(served.enrp));
  return sentence(
    [...written(served.asapTls, " (TLS)"), ...written(served.asapPsk, " (TLS by key)")],
    [...written(served.enrpTls, " (TLS)"), ...written(served.enrpPsk, " (TLS by key)")],
  );
}

/** Says in one line how it is secured, or that it is not. */
export function tellOfSecurity(served: Served, { security }: RegistrarSettings, log: Log): void {
  const plain = [...served.asap, ...served.enrp];
  if (security === undefined) {
    const isForOthers = !plain.every(({ host }) => isLoopback(host));
    return log.event(
      isForOthers ? "warning" : "notice",
      "security-off",
      { addresses: written(plain) },
      "security is off: whoever reaches this registrar may register, change and read everything; " +
        "a section security: in --config FILE says who may do what",
    );
  }
  const pools = "pool users may resolve, and all else is refused";
  const what = security.allowInsecureResolution === true ? pools : "everything is refused";
  const addresses = written(plain);
  const message = `without TLS ${what}, on ${addresses.join(", ")}`;
  log.event("notice", "plain-listeners", { addresses }, message);
}

function sentence(asap: readonly string[], enrp: readonly string[]): string {
  return `serves ASAP on ${asap.join(", ")} and ENRP on ${enrp.join(", ")}`;
}

function written(addresses: readonly SocketAddress[], how = ""): string[] {
  return addresses.map((address) => formatAddress(address) + how);
}

/** Where a registrar serves, for its ready file and in words. */

import { bracketed, formatAddress, isLoopback } from "../address.ts";
import type { Registrar, RegistrarSettings, SocketAddress } from "../api.ts";
import { EXIT, ExitError } from "../exit.ts";
import { reasonOf } from "../failure.ts";
import type { Log } from "../log.ts";

/** As much of the library's error as is looked at: its class would load the library. */
interface ListenerFailure {
  readonly address: SocketAddress;
  readonly reason: string;
}

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

/** Where it is to listen, for whatever protocol. */
export function listenersOf(settings: RegistrarSettings): SocketAddress[] {
  const { asap, enrp, asapTls, enrpTls, asapPsk, enrpPsk } = settings;
  return [asap, enrp, asapTls, enrpTls, asapPsk, enrpPsk].flatMap((each) => each ?? []);
}

/**
 * The error of a listener, with what nobody guesses of a secured registrar: that it has listeners
 * without TLS, too, which only refuse.
 */
export function explainListener(error: unknown, settings: RegistrarSettings): unknown {
  if (!(error instanceof Error) || error.name !== "ListenFailed") return error;
  const { address, reason } = error as Error & ListenerFailure;
  if (settings.security === undefined || reason !== "address-in-use") return error;
  const at = formatAddress(address);
  const name = (["asap", "enrp"] as const).find((each) =>
    settings[each]?.some((plain) => formatAddress(plain) === at)
  );
  if (name === undefined) return error;
  const { host } = address;
  const use = settings.security.allowInsecureResolution === true ? "" : " and only refuses";
  return new ExitError(
    EXIT.world,
    `${reasonOf(error)}; that is --${name}, which has no TLS${use}: two secured ` +
      `registrars on one host need different ones (--${name} ${bracketed(host)}:0 for any port)`,
    { cause: error },
  );
}

function sentence(asap: readonly string[], enrp: readonly string[]): string {
  return `serves ASAP on ${asap.join(", ")} and ENRP on ${enrp.join(", ")}`;
}

function written(addresses: readonly SocketAddress[], how = ""): string[] {
  return addresses.map((address) => formatAddress(address) + how);
}

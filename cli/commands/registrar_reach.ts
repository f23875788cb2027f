/** A registrar for other hosts that listens where only its own host can reach it. */

import { formatAddress, isLoopback } from "../address.ts";
import type { RegistrarSettings, SocketAddress } from "../api.ts";
import type { Log } from "../log.ts";
import type { RegistrarValues } from "./registrar_options.ts";

type Listeners = readonly (readonly [name: string, addresses: readonly SocketAddress[]])[];

/** Says so: peers and clients would dial their own loopback interface, where somebody else is. */
export function warnOfLoopback(
  options: RegistrarValues,
  settings: RegistrarSettings,
  log: Log,
): void {
  const isForOthers = options.announce || options.peer.some(({ host }) => !isLoopback(host));
  if (!isForOthers) return;
  const { asap = [], enrp = [], asapTls = [], enrpTls = [], asapPsk = [], enrpPsk = [] } = settings;
  const isSecured = settings.security !== undefined;
  if (settings.advertiseAsap === undefined) {
    warnOf(isSecured ? [["asap-tls", asapTls], ["asap-psk", asapPsk]] : [["asap", asap]], log);
  }
  if (settings.advertiseEnrp === undefined) {
    warnOf(isSecured ? [["enrp-tls", enrpTls], ["enrp-psk", enrpPsk]] : [["enrp", enrp]], log);
  }
}

function warnOf(listeners: Listeners, log: Log): void {
  const opened = listeners.filter(([, addresses]) => addresses.length > 0);
  const all = opened.flatMap(([, addresses]) => addresses);
  if (!all.every(({ host }) => isLoopback(host))) return;
  const where = all.map(formatAddress).join(", ");
  const names = opened.map(([name]) => `--${name}`).join(" or ");
  const message = `other hosts cannot reach ${where}: give ${names} an address of this host`;
  log.event("warning", "loopback-only", { addresses: all.map(formatAddress) }, message);
}

/** A registrar for other hosts that listens where only its own host can reach it. */

import { ASAP_PORT, ENRP_PORT, formatAddress, type WrittenAddress } from "../address.ts";
import type { Log } from "../log.ts";
import { type RegistrarValues, withPort } from "./registrar_options.ts";

/** Says so: peers and clients would dial their own loopback interface, where somebody else is. */
export function warnOfLoopback(options: RegistrarValues, log: Log): void {
  const isForOthers = options.announce || options.peer.some((peer) => !isLoopback(peer));
  if (!isForOthers) return;
  const services = [
    ["asap", options.asap, options.advertiseAsap, ASAP_PORT],
    ["enrp", options.enrp, options.advertiseEnrp, ENRP_PORT],
  ] as const;
  for (const [name, listeners, advertised, port] of services) {
    if (advertised !== undefined || !listeners.every(isLoopback)) continue;
    const all = withPort(listeners, port).map(formatAddress).join(", ");
    log.warning(`other hosts cannot reach ${all}: give --${name} an address of this host`);
  }
}

function isLoopback({ host }: WrittenAddress): boolean {
  return /^(localhost|127\.[0-9.]+|::1)$/i.test(host);
}

/** Where a registrar listens over TLS, and what it answers without. Protocol decision 30. */

import { parseWrittenAddress } from "../address.ts";
import { PORTS } from "../client_security.ts";
import { flag, list, type ValuesOf } from "../option.ts";

/** Who is not told where to listen listens where only its own host is. */
export const LOOPBACK = "127.0.0.1";

/** Reads the address of a listener. */
export const parseListener = (text: string) => parseWrittenAddress(text, { zeroPort: true });

const { certificate: TLS, psk: PSK } = PORTS;

/** Options of a secured registrar. */
export const SECURED_OPTIONS = {
  asapTls: listener("--asap-tls", "ASAP over TLS, with --cert", TLS.ASAP),
  enrpTls: listener("--enrp-tls", "ENRP over TLS, with --cert", TLS.ENRP),
  asapPsk: listener("--asap-psk", "ASAP over TLS with pre-shared keys (psk-keys)", PSK.ASAP),
  enrpPsk: listener("--enrp-psk", "ENRP over TLS with pre-shared keys (psk-keys)", PSK.ENRP),
  allowInsecureResolution: flag(
    "--allow-insecure-resolution",
    "a secured registrar answers pool users without TLS, too",
  ),
};

/** The values of {@linkcode SECURED_OPTIONS}. */
export type SecuredValues = ValuesOf<typeof SECURED_OPTIONS>;

function listener(name: string, what: string, port: number) {
  return list(
    `${name} <HOST:PORT>`,
    `where a secured registrar serves ${what}; port 0 means any; repeatable`,
    parseListener,
    [{ host: LOOPBACK }],
    { fallbackText: `${LOOPBACK}:${port}` },
  );
}

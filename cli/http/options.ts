/** `--http` and what belongs to it: the same for all commands that show themselves over HTTP. */

import { type Address, parseWrittenAddress } from "../address.ts";
import { flag, list, value, type ValuesOf } from "../option.ts";

const group = "Metrics and health:";

/** The options of a command that can show itself over HTTP. */
export const HTTP_OPTIONS = {
  http: list(
    "--http <HOST:PORT>",
    "serve metrics, health, JSON, events and a page there; port 0 means any; repeatable",
    parseHttpListener,
    [],
    { fallbackText: "nowhere", group },
  ),
  httpCert: value(
    "--http-cert <FILE>",
    "serve --http over TLS with this certificate; PEM",
    (text) => text,
    { group },
  ),
  httpKey: value("--http-key <FILE>", "the key of --http-cert; PEM", (text) => text, { group }),
  allowInsecureHttp: flag(
    "--allow-insecure-http",
    "whoever reaches --http may read everything there, although security is on",
    { group },
  ),
};

/** The values of {@linkcode HTTP_OPTIONS}. */
export type HttpValues = ValuesOf<typeof HTTP_OPTIONS>;

/** HTTP has no usual port here: who forgets it must not be served somewhere by chance. */
function parseHttpListener(text: string): Address {
  const [, bare] = /^:?([0-9]{1,5})$/.exec(text) ?? [];
  if (bare !== undefined) {
    throw new SyntaxError(`"${text}" has no host; write 127.0.0.1:${bare} for this host only`);
  }
  if (/^https?:/i.test(text)) {
    throw new SyntaxError(`"${text}" is a URL; write HOST:PORT, for example 127.0.0.1:9102`);
  }
  const { host, port } = parseWrittenAddress(text, { zeroPort: true });
  if (port === undefined) {
    throw new SyntaxError(`"${text}" has no port; write HOST:PORT, for example ${text}:9102`);
  }
  return { host, port };
}

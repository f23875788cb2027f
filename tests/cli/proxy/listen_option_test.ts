/** `--listen`: what is an address, and what a pool. */
import assert from "node:assert/strict";
import { parseListen } from "../../../cli/proxy/listen_option.ts";

const GOOD: readonly [text: string, protocol: string, host: string, port: number, pool: string][] =
  [
    ["127.0.0.1:8080=web", "tcp", "127.0.0.1", 8080, "web"],
    ["[::1]:8080=web", "tcp", "::1", 8080, "web"],
    ["localhost:0=web", "tcp", "localhost", 0, "web"],
    ["0.0.0.0:443=hex:0a0b", "tcp", "0.0.0.0", 443, "hex:0a0b"],
    ["udp:127.0.0.1:5353=dns-pool", "udp", "127.0.0.1", 5353, "dns-pool"],
    ["udp:[::]:53=dns", "udp", "::", 53, "dns"],
    ["tcp:127.0.0.1:80=web", "tcp", "127.0.0.1", 80, "web"],
    ["tcp:80=a:b", "tcp", "tcp", 80, "a:b"],
    ["127.0.0.1:80=a=b", "tcp", "127.0.0.1", 80, "a=b"],
    ["127.0.0.1:80==", "tcp", "127.0.0.1", 80, "="],
    ["127.0.0.1:80=[::1]:80", "tcp", "127.0.0.1", 80, "[::1]:80"],
  ];

for (const [text, protocol, host, port, pool] of GOOD) {
  Deno.test(`${text} is a listener`, () => {
    assert.deepEqual(parseListen(text), { protocol, address: { host, port }, pool });
  });
}

const BAD: readonly [text: string, words: RegExp][] = [
  ["", /names no pool; write/],
  ["127.0.0.1:8080", /names no pool; write/],
  ["127.0.0.1:8080=", /names no pool behind "="/],
  ["=web", /has no host; write for example 127\.0\.0\.1:8080=web/],
  ["8080=web", /has no host; write for example 127\.0\.0\.1:8080=web/],
  ["udp:53=dns", /has no host; write for example udp:127\.0\.0\.1:53=dns/],
  ["127.0.0.1=web", /has no port/],
  ["127.0.0.1:=web", /not a port/],
  ["::1:8080=web", /brackets/],
  ["127.0.0.1:65536=web", /0 to 65535/],
  ["127.1:80=web", /IPv4/],
  ["web=127.0.0.1:80", /no port/],
];

for (const [text, words] of BAD) {
  Deno.test(`"${text}" is none, and it is said why`, () => {
    assert.throws(() => parseListen(text), words);
    assert.throws(() => parseListen(text), SyntaxError);
  });
}

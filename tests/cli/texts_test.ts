/** Durations, addresses, identifiers, suggestions and harmless text. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { formatAddress, parseAddress, parseIp, parseWrittenAddress } from "../../cli/address.ts";
import { closest, didYouMean } from "../../cli/did_you_mean.ts";
import { formatDuration, parseDuration, parsePositiveDuration } from "../../cli/duration.ts";
import { parseIdentifier } from "../../cli/identifier.ts";
import { printable, printableJson } from "../../cli/printable.ts";
import { formatIdentifier } from "../../lib/wire/mod.ts";

Deno.test("a duration has a unit", () => {
  const right: Record<string, number> = {
    "250ms": 250,
    "0s": 0,
    "30s": 30_000,
    "1.5s": 1_500,
    "5m": 300_000,
    "1h": 3_600_000,
    "596h": 2_145_600_000,
  };
  for (const [text, expected] of Object.entries(right)) {
    assert.equal(parseDuration(text), expected, text);
  }
  const wrong: Record<string, RegExp> = {
    "": /not a duration/,
    "soon": /not a duration/,
    "-5s": /not a duration/,
    "5": /"5" has no unit; write for example 5s or 5ms/,
    "5d": /unknown unit "d"; the units are ms, s, m and h/,
    "5S": /unknown unit "S"/,
    "5s5": /not a duration/,
    "1e3s": /not a duration/,
    "597h": /longer than 24 days/,
    "constructor": /not a duration/,
  };
  for (const [text, words] of Object.entries(wrong)) {
    assert.throws(() => parseDuration(text), { message: words }, text);
  }
  assert.throws(() => parsePositiveDuration("0ms"), /must be above 0/);
});

Deno.test("a duration that is written can be read again", () => {
  fc.assert(fc.property(fc.nat(2_000_000_000), (milliseconds) => {
    assert.equal(parseDuration(formatDuration(milliseconds)), milliseconds);
  }));
});

Deno.test("an address is HOST or HOST:PORT, with IPv6 in brackets", () => {
  const right: [text: string, host: string, port?: number][] = [
    ["127.0.0.1", "127.0.0.1"],
    ["127.0.0.1:3863", "127.0.0.1", 3863],
    ["localhost:1", "localhost", 1],
    ["registrar-1.example.org.:65535", "registrar-1.example.org.", 65535],
    ["a_b:1", "a_b", 1],
    ["[::1]", "::1"],
    ["[::1]:3863", "::1", 3863],
    ["[2001:DB8:0:0::1]:1", "2001:db8::1", 1],
    ["[::ffff:192.0.2.1]:1", "::ffff:192.0.2.1", 1],
    ["[fe80::1%eth0]:1", "fe80::1%eth0", 1],
    ["bücher.example:1", "xn--bcher-kva.example", 1],
  ];
  for (const [text, host, port] of right) {
    assert.deepEqual(parseWrittenAddress(text), port === undefined ? { host } : { host, port });
  }
  const wrong: [text: string, words: RegExp][] = [
    ["", /the host is empty/],
    [":3863", /the host is empty/],
    ["::1", /IPv6 stands in brackets/],
    ["::1:3863", /IPv6 stands in brackets/],
    ["a:b:c", /IPv6 stands in brackets/],
    ["[::1", /IPv6 stands in brackets/],
    ["[::1]3863", /IPv6 stands in brackets/],
    ["[]:1", /not an IPv6 address/],
    ["[127.0.0.1]:1", /not an IPv6 address/],
    ["[::1%]:1", /not an IPv6 address/],
    ["[::1%e 0]:1", /not an IPv6 address/],
    ["[12345::]:1", /not an IPv6 address/],
    ["a:", /"" is not a port/],
    ["a:0", /"0" is not a port: it must be a number from 1 to 65535/],
    ["a:70000", /"70000" is not a port/],
    ["a:1e3", /"1e3" is not a port/],
    ["a:-1", /"-1" is not a port/],
    ["010.0.0.1", /without leading zeros/],
    ["127.1", /is not an IPv4 address/],
    ["1.2.3.4.5", /is not an IPv4 address/],
    ["256.0.0.1", /is not an IPv4 address/],
    ["2130706433", /is not an IPv4 address/],
    ["0x7f000001", /is not an IPv4 address/],
    ["0x7f.1", /is not an IPv4 address/],
    ["a b", /is not a host name/],
    ["http://a", /is not a host name|is not a port/],
    ["-a", /is not a host name/],
    ["a..b", /is not a host name/],
    [`${"a".repeat(64)}.b`, /is not a host name/],
    ["bü cher", /is not a host name/],
    ["bücher/x", /is not a host name/],
    ["user@ü", /is not a host name/],
  ];
  for (const [text, words] of wrong) {
    assert.throws(() => parseWrittenAddress(text), { message: words }, text);
  }
  assert.deepEqual(parseAddress("[::]:0", { zeroPort: true }), { host: "::", port: 0 });
  assert.throws(() => parseAddress("localhost"), /has no port; write HOST:PORT/);
});

Deno.test("an address that is written can be read again", () => {
  const hosts = fc.oneof(fc.ipV4(), fc.ipV6());
  fc.assert(fc.property(hosts, fc.integer({ min: 1, max: 65535 }), (host, port) => {
    const parsed = parseAddress(formatAddress({ host, port }));
    assert.equal(parsed.port, port);
    assert.deepEqual(parseAddress(formatAddress(parsed)), parsed);
    assert.equal(parsed.host.includes(":"), host.includes(":"));
  }));
});

Deno.test("an IP address stands without brackets and port", () => {
  assert.equal(parseIp("192.0.2.1"), "192.0.2.1");
  assert.equal(parseIp("2001:DB8::0:1"), "2001:db8::1");
  for (const text of ["", "host", "[::1]", "1.2.3", "1.2.3.4:5", "::1/64", "010.0.0.1"]) {
    assert.throws(() => parseIp(text), SyntaxError, text);
  }
});

Deno.test("an identifier is hex or decimal, and not 0", () => {
  assert.equal(parseIdentifier("0x5562e917"), 0x5562e917);
  assert.equal(parseIdentifier("0XFFFFFFFF"), 0xffffffff);
  assert.equal(parseIdentifier("7"), 7);
  for (const text of ["", "0", "0x0", "-1", "4294967296", "0x100000000", "1.5", "5562e917", " 1"]) {
    assert.throws(() => parseIdentifier(text), /is not an identifier/, text);
  }
  fc.assert(fc.property(fc.integer({ min: 1, max: 0xffffffff }), (identifier) => {
    assert.equal(parseIdentifier(formatIdentifier(identifier)), identifier);
    assert.equal(parseIdentifier(String(identifier)), identifier);
  }));
});

Deno.test("what is close is suggested, what is far is not", () => {
  const words = ["table", "json", "ndjson", "yaml", "csv"];
  assert.equal(closest("jsn", words), "json");
  assert.equal(closest("tabel", words), "table");
  assert.equal(closest("JSON", words), "json");
  assert.equal(closest("cvs", words), "csv");
  assert.equal(closest("xml", words), undefined);
  assert.equal(closest("", words), undefined);
  assert.equal(didYouMean("yml", words), " (did you mean yaml?)");
  assert.equal(didYouMean("proto", words), "");
});

Deno.test("text from elsewhere cannot control a terminal", () => {
  assert.equal(printable("web\x1b[31m\r\n\x9b\x7f"), "web\\u{1b}[31m\\u{d}\\u{a}\\u{9b}\\u{7f}");
  assert.equal(printable("a\u202eb\u200bc\u2028"), "a\\u{202e}b\\u{200b}c\\u{2028}");
  assert.equal(printable("\ud800"), "\\u{d800}");
  assert.equal(printable("Größe 日本 👍"), "Größe 日本 👍");
});

Deno.test("JSON from elsewhere cannot control a terminal, and is the same value", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const json = printableJson({ text });
    assert.deepEqual(JSON.parse(json), { text });
    // deno-lint-ignore no-control-regex -- that none of them is there is what is tested
    assert.doesNotMatch(json, /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/);
  }));
});

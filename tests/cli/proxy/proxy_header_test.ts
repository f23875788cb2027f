/** The PROXY protocol, version 2, byte for byte as its specification lays it out (§2.2). */
import assert from "node:assert/strict";
import { encodeProxyHeader } from "../../../cli/proxy/proxy_header.ts";
import { hex } from "../../../mod.ts";

/** \x0D \x0A \x0D \x0A \x00 \x0D \x0A \x51 \x55 \x49 \x54 \x0A */
const SIGNATURE = "0d0a0d0a000d0a515549540a";

const at = (host: string, port: number) => ({ host, port });
const proxied = (source: [string, number], destination: [string, number]) =>
  hex(
    encodeProxyHeader({ command: "proxy", source: at(...source), destination: at(...destination) }),
  )
    .replaceAll(" ", "");

Deno.test("TCP over IPv4: 0x21 0x11, 12 bytes: both addresses, then both ports", () => {
  assert.equal(
    proxied(["192.0.2.1", 56324], ["198.51.100.2", 443]),
    `${SIGNATURE}2111000c` + "c0000201" + "c6336402" + "dc04" + "01bb",
  );
});

Deno.test("TCP over IPv6: 0x21 0x21, 36 bytes", () => {
  assert.equal(
    proxied(["2001:db8::1", 1], ["::1", 65535]),
    `${SIGNATURE}21210024` + "20010db8000000000000000000000001" +
      "00000000000000000000000000000001" + "0001" + "ffff",
  );
});

Deno.test("every form of IPv6 is read", () => {
  const whole = proxied(["1:2:3:4:5:6:7:8", 1], ["fe80::1%eth0", 2]);
  assert.equal(
    whole,
    `${SIGNATURE}21210024` + "00010002000300040005000600070008" +
      "fe800000000000000000000000000001" + "0001" + "0002",
  );
  assert.match(proxied(["::", 1], ["1::", 2]), /0{32}0001(0000){7}00010002$/);
});

Deno.test("a client over IPv4 on a listener of IPv6 is one over IPv4", () => {
  assert.equal(
    proxied(["::ffff:192.0.2.1", 5], ["::ffff:192.0.2.9", 80]),
    `${SIGNATURE}2111000c` + "c0000201" + "c0000209" + "0005" + "0050",
  );
});

Deno.test("where only one is IPv4, it is mapped into IPv6", () => {
  assert.equal(
    proxied(["192.0.2.1", 5], ["::1", 80]),
    `${SIGNATURE}21210024` + "00000000000000000000ffffc0000201" +
      "00000000000000000000000000000001" + "0005" + "0050",
  );
});

Deno.test("LOCAL: 0x20 0x00, and nothing behind it", () => {
  assert.equal(
    hex(encodeProxyHeader({ command: "local" })).replaceAll(" ", ""),
    `${SIGNATURE}20000000`,
  );
});

Deno.test("a host that is no IP address is refused", () => {
  assert.throws(() => proxied(["localhost:x", 5], ["::1", 80]), SyntaxError);
});

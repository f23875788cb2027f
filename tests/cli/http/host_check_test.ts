/** DNS rebinding: whose name a request was sent to. */

import assert from "node:assert/strict";
import { isFromThisHost, isMeantForLoopback } from "../../../cli/http/host_check.ts";

Deno.test("an address, localhost or the listener's own name is meant", () => {
  const meant = [
    "127.0.0.1",
    "127.0.0.1:9102",
    "[::1]:9102",
    "[::1]",
    "localhost:9102",
    "10.1.2.3",
  ];
  for (const host of [...meant, "LOCALHOST", "r1.example:1", "R1.EXAMPLE"]) {
    assert.equal(isMeantForLoopback(host, "r1.example"), true, host);
  }
});

Deno.test("any other name may be one that somebody has lead here", () => {
  const others = ["evil.example", "evil.example:9102", "127.0.0.1.evil.example", "localhost.evil"];
  for (
    const host of [...others, "", ":9102", "1", "0x7f.1", "[::1", "[evil]:1", "a b", undefined]
  ) {
    assert.equal(isMeantForLoopback(host, "127.0.0.1"), false, host);
  }
});

Deno.test("the loopback is known however it is written", () => {
  for (const address of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "::FFFF:127.0.0.1"]) {
    assert.equal(isFromThisHost(address), true, address);
  }
  for (const address of ["192.0.2.1", "::", "fe80::1", "::ffff:192.0.2.1", undefined]) {
    assert.equal(isFromThisHost(address), false, address);
  }
});

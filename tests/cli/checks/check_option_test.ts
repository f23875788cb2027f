import assert from "node:assert/strict";
import { parseCheck } from "../../../cli/checks/check_option.ts";

Deno.test("--check reads its four kinds", () => {
  assert.deepEqual(parseCheck("tcp"), { type: "tcp" });
  assert.deepEqual(parseCheck("none"), { type: "none" });
  assert.deepEqual(parseCheck("http:/"), { type: "http", path: "/" });
  assert.deepEqual(parseCheck("http:/a?b=c:d"), { type: "http", path: "/a?b=c:d" });
  assert.deepEqual(parseCheck("exec:test -e /tmp/a:b"), {
    type: "exec",
    command: "test -e /tmp/a:b",
  });
});

Deno.test("--check says what is wrong with others", () => {
  const wrong: [string, RegExp][] = [
    ["tpc", /"tpc" is not one of tcp, http:PATH, exec:COMMAND, none \(did you mean tcp\?\)/],
    ["htttp:/", /did you mean http\?/],
    ["", /not one of/],
    ["TCP", /did you mean tcp\?/],
    ["tcp:80", /not one of/],
    ["none:", /not one of/],
    ["http", /write http:\/health, say/],
    ["http:", /write http:\/health, say/],
    ["http:health", /write http:\/health, say/],
    ["http:/a b", /free of spaces/],
    ["http:/a\r\nX: y", /free of spaces/],
    ["http://127.0.0.1:80/", /is a URL; write its path only/],
    ["exec:", /names no command/],
    ["exec", /names no command/],
    ["exec: ", /names no command/],
  ];
  for (const [text, message] of wrong) {
    assert.throws(() => parseCheck(text), { name: "SyntaxError", message }, text);
  }
});

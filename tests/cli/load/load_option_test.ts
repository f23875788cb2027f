import assert from "node:assert/strict";
import { parseLoadSource } from "../../../cli/load/load_option.ts";
import { parseLoad } from "../../../cli/load/load_value.ts";

Deno.test("--load reads a command or a file", () => {
  assert.deepEqual(parseLoadSource("exec:echo 0.5 | cat"), {
    type: "exec",
    command: "echo 0.5 | cat",
  });
  assert.deepEqual(parseLoadSource("file:/run/a:b"), { type: "file", path: "/run/a:b" });
});

Deno.test("--load says what is wrong with others", () => {
  const wrong: [string, RegExp][] = [
    ["exce:true", /"exce:true" is not one of exec:COMMAND, file:PATH \(did you mean exec\?\)/],
    ["0.5", /is not one of exec:COMMAND, file:PATH/],
    ["exec:", /names no command; write exec:COMMAND/],
    ["exec", /names no command/],
    ["file: ", /names no file; write file:PATH/],
  ];
  for (const [text, message] of wrong) {
    assert.throws(() => parseLoadSource(text), { name: "SyntaxError", message }, text);
  }
});

Deno.test("a load is a fraction or a raw value", () => {
  const table: [string, number][] = [
    ["0", 0],
    ["1", 0xffffffff],
    ["0.5", 0x80000000],
    [".25", 0x40000000],
    ["1.", 0xffffffff],
    ["1e-3", 4294967],
    ["0x0", 0],
    ["0x1", 1],
    ["0xFFFFFFFF", 0xffffffff],
  ];
  for (const [text, raw] of table) assert.equal(parseLoad(text), raw, text);
  for (
    const text of ["", "2", "-0", "1.01", "0x100000000", "0x", "NaN", "Infinity", "1e3", "0,5", "."]
  ) {
    assert.throws(() => parseLoad(text), /is not a load/, text);
  }
});

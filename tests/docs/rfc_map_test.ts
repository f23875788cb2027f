import assert from "node:assert/strict";
import { renderMap } from "../../tools/rfc_map.ts";

Deno.test("docs/rfc-map.md is what the tests and citations say", async () => {
  const current = await Deno.readTextFile(new URL("../../docs/rfc-map.md", import.meta.url));
  assert.equal(renderMap(current), current, "run: deno run -A tools/rfc_map.ts");
});

Deno.test("a map without its marks is an error, not an empty map", () => {
  assert.throws(() => renderMap("# nothing here"), SyntaxError);
});

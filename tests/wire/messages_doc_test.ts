import assert from "node:assert/strict";
import { asap, enrp } from "../../lib/wire/mod.ts";
import { messagesDocument } from "../../tools/messages.ts";

const text = await Deno.readTextFile(new URL("../../docs/messages.md", import.meta.url));

Deno.test("docs/messages.md is what the tables say", () => {
  assert.equal(messagesDocument(), text, "run: deno run -A tools/messages.ts");
});

Deno.test("docs/messages.md has a section for every message", () => {
  for (const { name } of [...asap.definitions, ...enrp.definitions]) {
    assert(text.includes(`\n### ${name}\n`), name);
  }
});

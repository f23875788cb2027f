/** docs/dhcp.md §5.6: the numbers of the timers are those of the library. */

import assert from "node:assert/strict";
import { BINDING_ELEMENT_PROFILES } from "../../mod.ts";

const ROW = /^\| `(binding\w+Ms)` \| ([\d.]+) s \| ([\d.]+) s \|$/gm;

Deno.test("docs/dhcp.md has every timer of a DHCP server, with its numbers", async () => {
  const text = await Deno.readTextFile(new URL("../../docs/dhcp.md", import.meta.url));
  const told = [...text.matchAll(ROW)].map(([, name, rfc, fast]) => [
    name!,
    1_000 * Number(rfc),
    1_000 * Number(fast),
  ]);
  const { rfc, fast } = BINDING_ELEMENT_PROFILES;
  const names = Object.keys(rfc).filter((name) =>
    name.startsWith("binding")
  ) as (keyof typeof rfc)[];
  assert.deepEqual(
    new Map(told.map(([name, ...numbers]) => [name, numbers])),
    new Map(names.map((name) => [name, [rfc[name], fast[name]]])),
  );
});

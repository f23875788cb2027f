/** Pool handles as labels: one to one, whatever the handle is. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { handleOf, MAX_POOL_LABEL, poolLabel, SERVER_LABEL } from "../../../cli/dns/names.ts";
import * as api from "../../../mod.ts";

/** By another implementation of RFC 4648 §7. */
const ROWS: readonly (readonly [handle: string, label: string | undefined])[] = [
  ["web", "web"],
  ["a", "a"],
  ["3d-render", "3d-render"],
  ["xn--bcher-kva", "xn--bcher-kva"],
  ["Web", "x--atim4"],
  ["my_db", "x--dlslup32"],
  ["a.b", "x--c4n64"],
  ["-web", "x--5lrmaog"],
  ["web-", "x--etim4b8"],
  ["x--web", "x--f0miqtr5c8"],
  ["größe", "x--ctpc7dm3jtig"],
  ["hex:00ff", "x--03vg"],
  ["a".repeat(62), "a".repeat(62)],
  ["a".repeat(63), undefined],
  ["A".repeat(36), "x--850k2ga1850k2ga1850k2ga1850k2ga1850k2ga1850k2ga1850k2ga184"],
  ["A".repeat(37), undefined],
];

for (const [handle, label] of ROWS) {
  Deno.test(`the label of ${handle} is ${label}`, () => {
    const found = poolLabel(handle, api);
    assert.equal(found, label);
    if (found !== undefined) assert.equal(handleOf(found, api), handle);
  });
}

const NOT_NAMES = [
  SERVER_LABEL,
  "",
  "x--",
  "x--0",
  "x--w",
  // "web" needs no escape, and so has none.
  "x--etim4",
  // Bits behind the last byte are zero.
  "x--atim5",
  "my_db",
  "web-",
  "a".repeat(63),
  "\u00e9",
];

for (const label of NOT_NAMES) {
  Deno.test(`the label ${JSON.stringify(label.slice(0, 20))} stands for no pool`, () => {
    assert.equal(handleOf(label, api), undefined);
  });
}

const bytes = fc.uint8Array({ minLength: 1, maxLength: 32 });
const likeNames = fc.stringMatching(/^[a-zA-Z0-9_.-]{1,32}$/).map((text) =>
  new TextEncoder().encode(text)
);

Deno.test("every handle of up to 32 bytes has one label, and no two have the same", () => {
  const handles = fc.uniqueArray(fc.oneof(bytes, likeNames).map(api.poolHandleText), {
    minLength: 2,
    maxLength: 20,
  });
  fc.assert(fc.property(handles, (handles) => {
    const labels = handles.map((handle) => poolLabel(handle, api)!);
    assert.equal(new Set(labels).size, handles.length);
    for (const [i, label] of labels.entries()) {
      assert.match(label, /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
      assert.ok(label.length <= MAX_POOL_LABEL);
      assert.equal(handleOf(label, api), handles[i]);
    }
  }));
});

Deno.test("a label that stands for a pool is that pool's label", () => {
  const labels = fc.oneof(
    fc.stringMatching(/^x--[0-9a-v]{1,59}$/),
    fc.stringMatching(/^[a-z0-9-]{1,63}$/),
  );
  fc.assert(fc.property(labels, (label) => {
    const handle = handleOf(label, api);
    if (handle !== undefined) assert.equal(poolLabel(handle, api), label);
  }));
});

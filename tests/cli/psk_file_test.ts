/** What a file of pre-shared keys may hold, and what is said of one that may not. */

import assert from "node:assert/strict";
import { UsageError } from "../../cli/exit.ts";
import {
  MAX_PSK_FILE_BYTES,
  MAX_PSK_NAME_BYTES,
  MIN_PSK_KEY_BYTES,
  parsePskIdentity,
  parsePskKeys,
  pskKeyOf,
  readPskFile,
} from "../../cli/psk_file.ts";
import { realWorld } from "../../cli/world.ts";
import { MAX_IDENTITY_BYTES, MIN_KEY_BYTES } from "../../lib/net/tls_psk/limits.ts";
import { FakeWorld } from "./fake_world.ts";

const HEX = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const BASE64 = "ABEiM0RVZneImaq7zN3u/w==";
/** 16 bytes that both texts begin with. */
const BYTES = Uint8Array.fromHex(HEX.slice(0, 32));

Deno.test("lines of identities and keys, with comments, blanks and line ends of any kind", () => {
  const text = `\ufeff# keys of the registrar\r\n\n  web-1:${HEX}  \r\n` +
    `mail 1: ${BASE64} # the old host\n#web-2:nothing\n\tä#b:${HEX.toUpperCase()}`;
  const { keys, bare, path } = parsePskKeys(text, "keys.psk");
  assert.deepEqual([...keys.keys()], ["web-1", "mail 1", "ä#b"]);
  assert.deepEqual(keys.get("web-1"), Uint8Array.fromHex(HEX));
  assert.deepEqual(keys.get("mail 1"), BYTES);
  assert.deepEqual(keys.get("ä#b"), Uint8Array.fromHex(HEX));
  assert.deepEqual([bare, path], [undefined, "keys.psk"]);
});

Deno.test("a key alone serves any identity; a file without keys none", () => {
  for (const text of [HEX.slice(0, 32), `${BASE64}\n`, `# mine\n\n ${BASE64} # really\n`]) {
    const file = parsePskKeys(text, "k");
    assert.deepEqual(file.bare, BYTES);
    assert.deepEqual(pskKeyOf(file, "anything"), BYTES);
  }
  const empty = parsePskKeys("# nothing\n", "k");
  assert.deepEqual([empty.keys.size, empty.bare], [0, undefined]);
  assert.throws(() => pskKeyOf(empty, "web-1"), {
    message: 'k has no key for the identity "web-1"',
    code: 2,
  });
  assert.deepEqual(pskKeyOf(parsePskKeys(`a:${HEX}\nb:${BASE64}`, "k"), "b"), BYTES);
});

const SECRET = "correcthorsebatterystaple";
const WRONG: readonly (readonly [what: string, text: string, message: RegExp])[] = [
  ["a password", `web-1:${SECRET}`, /^k:1:7: this key is neither hex nor base64; passwords/],
  ["a password of a length that base64 can have", "a:correcthorsebatterystaple123", /neither hex/],
  ["a password as base64 could be", `a:${"correct/horse+battery/stap".padEnd(28, "y")}`, /neither/],
  ["a sentence", "a:Correct Horse Battery Stapl", /^k:1:3: this key is neither/],
  ["a bare password", `\n  ${SECRET}!`, /^k:2:3: .* and no IDENTITY: stands before it/],
  ["an odd number of digits", `a:${HEX}0`, /^k:1:3: this key is neither hex nor base64/],
  ["base64 without its end", `a:${BASE64.slice(0, -1)}`, /^k:1:3: this key is neither/],
  ["base64 with bits left over", "a:ABEiM0RVZneImaq7zN3u/x==", /^k:1:3: this key is neither/],
  ["two keys in a line", `a:${HEX} ${HEX}`, /^k:1:3: this key is neither/],
  ["15 bytes", `ok:${HEX}\na: ${HEX.slice(0, 30)}`, /^k:2:4: this key has 15 bytes; .* least 16/],
  ["no key", "a:", /^k:1:3: the key is missing/],
  ["a comment for a key", "a: # later", /^k:1:4: the key is missing|neither/],
  ["no identity", `:${HEX}`, /^k:1:1: the identity is empty/],
  ["a blank before the colon", `a :${HEX}`, /^k:1:1: the identity begins or ends with a blank/],
  ["a control character", `a\x07b:${HEX}`, /^k:1:1: the identity has a control character/],
  ["an invisible character", `a\u200bb:${HEX}`, /^k:1:1: the identity has a control .* invisible/],
  ["a long identity", `ä:${HEX}\n${"x".repeat(65)}:${HEX}`, /^k:2:1: .* 65 bytes, more than 64/],
  ["an identity twice", `a:${HEX}\n\n a:${BASE64}`, /^k:3:2: this identity stands .* at k:1:1/],
  ["a bare key among others", `a:${HEX}\n${BASE64}`, /^k:2:1: a key without an identity must be/],
  ["two bare keys", `${HEX}\n${BASE64}`, /^k:1:1: a key without an identity must be the only/],
  ["identity and key swapped", `${HEX}:web-1`, /^k:1:66: this key is neither/],
  ["swapped, with a blank", `${HEX.slice(2)} :web-1`, /^k:1:1: the identity begins or ends/],
  ["columns count characters", `\u{1f600}ä:x`, /^k:1:4: this key is neither/],
];

for (const [what, text, message] of WRONG) {
  Deno.test(`${what} is refused, and the key not told`, () => {
    assert.throws(() => parsePskKeys(text, "k"), (error: unknown) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, message);
      for (const secret of [SECRET, "orrect", HEX.slice(0, 12), BASE64.slice(0, 8)]) {
        assert.ok(!error.message.includes(secret), error.message);
      }
      return true;
    });
  });
}

Deno.test("limits: of an identity, of a key, of a file; and they are the library's", async () => {
  assert.equal(MAX_PSK_NAME_BYTES, MAX_IDENTITY_BYTES);
  assert.equal(MIN_PSK_KEY_BYTES, MIN_KEY_BYTES);
  assert.equal(parsePskIdentity("ä".repeat(32)), "ä".repeat(32));
  assert.throws(() => parsePskIdentity(`x${"ä".repeat(32)}`), /65 bytes, more than 64/);
  assert.equal(parsePskKeys(`a:${HEX.slice(0, 32)}`, "k").keys.get("a")?.length, 16);
  const line = `web-1:${HEX}\n`;
  const files = {
    full: line + "#".repeat(MAX_PSK_FILE_BYTES - line.length),
    over: line + "#".repeat(MAX_PSK_FILE_BYTES - line.length + 1),
  };
  const world = new FakeWorld({ files });
  assert.equal((await readPskFile(world, "full")).keys.size, 1);
  await assert.rejects(readPskFile(world, "over"), /^UsageError: over is longer than 1048576 byte/);
});

Deno.test("a file that is missing, no text, or open to others is a usage error", async () => {
  const files = { shared: HEX, binary: new Uint8Array([0xff, 0xfe]) };
  const world = new FakeWorld({ files, modes: { shared: 0o100644 } });
  const reasons: Record<string, RegExp> = {
    shared: /^UsageError: shared has mode 0644: others .* access; do chmod 600 shared$/,
    binary: /^UsageError: binary is not UTF-8 text$/,
    none: /^UsageError: cannot read the pre-shared keys none: no such file or directory$/,
  };
  for (const [path, reason] of Object.entries(reasons)) {
    await assert.rejects(readPskFile(world, path), reason);
  }
});

Deno.test("modes: the owner alone; of the super-user's files the group may read", async () => {
  const { refuseSharedFile } = await import("../../cli/private_file.ts");
  for (const mode of [0o600, 0o400, 0o100600, 0o700]) refuseSharedFile("k", { mode, owner: 1000 });
  for (const mode of [0o640, 0o440, 0o600]) refuseSharedFile("k", { mode, owner: 0 });
  refuseSharedFile("k", { mode: undefined, owner: undefined });
  const refused = [[0o640, 1000], [0o604, 0], [0o660, 0], [0o650, 0], [0o602, 1000], [0o644, 0]];
  for (const [mode, owner] of refused) {
    assert.throws(() => refuseSharedFile("k", { mode, owner }), /k has mode 06\d\d/);
  }
});

Deno.test("a real file of mode 0600 is read, of mode 0604 refused", async () => {
  const path = await Deno.makeTempFile({ prefix: "psk-" });
  try {
    await Deno.writeTextFile(path, `web-1:${HEX}\n`);
    await Deno.chmod(path, 0o600);
    assert.equal((await readPskFile(realWorld(), path)).keys.size, 1);
    await Deno.chmod(path, 0o604);
    await assert.rejects(readPskFile(realWorld(), path), /has mode 0604/);
  } finally {
    await Deno.remove(path);
  }
});

/** The groups of RFC 8446 §4.2.7: shares that agree, and random numbers that are no keys. */
import assert from "node:assert/strict";
import { groups } from "../../../lib/net/tls_psk/groups.ts";
import { seeded } from "./pair.ts";

for (const group of groups()) {
  Deno.test(`${group.name}: both sides agree, and a share follows from its random numbers`, () => {
    const [one, other] = [group.generate(seeded(1)), group.generate(seeded(2))];
    assert.deepEqual(one.agree(other.publicKey), other.agree(one.publicKey));
    assert.deepEqual(group.generate(seeded(1)).publicKey, one.publicKey);
    assert.notDeepEqual(one.publicKey, other.publicKey);
  });
}

Deno.test("P-256: a number that is no private key is passed over, thrice", () => {
  const [p256] = groups(["P-256"]);
  const good = seeded(1);
  const after = (bad: number) => {
    let calls = 0;
    return (bytes: number) => ++calls > bad ? good(bytes) : new Uint8Array(bytes).fill(0xff);
  };
  assert.equal(p256!.generate(after(2)).publicKey.length, 65);
  assert.throws(() => p256!.generate(after(3)), /not random/);
});

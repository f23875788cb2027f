import assert from "node:assert/strict";
import { type OtherServer, refusal } from "../../../../cli/dhcp/run/refusal.ts";

const RANGE = { first: "192.0.2.10", last: "192.0.2.99" };
const OWN = { ...RANGE, identifier: 7, name: "a", share: 1, shares: 2, isAuthoritative: false };
const OTHER: OtherServer = { ...RANGE, identifier: 8, name: "b", share: 2, shares: 2, flags: [] };

Deno.test("servers that fit run beside each other", () => {
  for (const isRunning of [true, false]) {
    assert.equal(refusal(OWN, [], isRunning), undefined);
    assert.equal(
      refusal(OWN, [{ ...OTHER, identifier: 7, share: 1 }, OTHER], isRunning),
      undefined,
    );
    assert.equal(refusal({ ...OWN, isAuthoritative: true }, [], isRunning), undefined);
  }
});

Deno.test("who would give addresses of another, or refuse its clients, may not start", () => {
  const cases: [Partial<typeof OWN>, Partial<OtherServer>, RegExp][] = [
    [{ last: "192.0.2.98" }, {}, /^--range 192\.0\.2\.10-192\.0\.2\.98 is not that of server b/],
    [{ shares: 3 }, {}, /^--share 1\/3: server b has one of 2 shares/],
    [{}, { share: 1 }, /^--share 1\/2 is that of server b; .*partner-down b$/],
    [{ isAuthoritative: true }, {}, /dhcp-authoritative is for the only server .*partner-down b$/],
    [{}, { flags: ["authoritative"] }, /^server b is dhcp-authoritative/],
    [{ name: "b" }, {}, /^--name b is that of the server of share 2\/2/],
  ];
  for (const [own, other, words] of cases) {
    const there = { ...OTHER, ...other };
    assert.match(refusal({ ...OWN, ...own }, [there], false)!, words);
    assert.equal(refusal({ ...OWN, ...own }, [{ ...there, flags: ["down"] }], false), undefined);
  }
});

Deno.test("who runs does not end for who comes and does not fit; of two that run one does", () => {
  const same: OtherServer = { ...OTHER, share: 1 };
  assert.equal(refusal(OWN, [{ ...OTHER, flags: ["authoritative"] }], true), undefined);
  assert.equal(refusal(OWN, [same], true), undefined);
  assert.equal(refusal({ ...OWN, name: "b" }, [OTHER], true), undefined);
  assert.match(refusal({ ...OWN, identifier: 9 }, [same], true)!, /is that of server b/);
  const alone = { ...OWN, isAuthoritative: true };
  assert.match(refusal(alone, [OTHER], true)!, /dhcp-authoritative/, "it refuses b's clients");
});

import assert from "node:assert/strict";
import { type Attempt, describeAttempt, RegistrarUnreachable } from "../../mod.ts";

const ONE = { host: "192.0.2.1", port: 3864 };
const TWO = { host: "192.0.2.2", port: 3864 };
const DISTRUST: Attempt = {
  address: ONE,
  reason: "security",
  detail: "certificate expired on 2026-01-01",
};

Deno.test("an attempt that failed for security says why", () => {
  assert.equal(
    describeAttempt(DISTRUST),
    "192.0.2.1:3864: cannot be trusted (certificate expired on 2026-01-01)",
  );
});

Deno.test("security is the reason where all that were reached failed by it", () => {
  const away: Attempt = { address: TWO, reason: "refused" };
  const silent: Attempt = { address: TWO, reason: "silent" };
  const cases: readonly (readonly [readonly Attempt[], boolean])[] = [
    [[], false],
    [[away], false],
    [[DISTRUST], true],
    [[away, DISTRUST], true],
    [[DISTRUST, silent], false],
  ];
  for (const [attempts, expected] of cases) {
    const error = new RegistrarUnreachable(attempts);
    assert.equal(error.isUnauthenticated, expected);
    const begin = expected ? "No registrar could be authenticated: " : "No registrar answered: ";
    assert(error.message.startsWith(begin), error.message);
  }
});

/** What `register --http` shows of a registration, as it goes on. */

import assert from "node:assert/strict";
import type { Api, PoolElement, PoolElementSettings } from "../../cli/api.ts";
import type { RegisteredElement } from "../../cli/commands/register_element.ts";
import { RegistrationShown } from "../../cli/commands/register_shown.ts";
import * as wire from "../../lib/wire/mod.ts";

const SETTINGS = {
  poolHandle: "web",
  port: 8081,
  policy: { name: "least-used", load: 0 },
} as unknown as PoolElementSettings;

function shown() {
  return new RegistrationShown(wire as unknown as Api, SETTINGS, { type: "tcp" });
}

function elementIn(state: PoolElement["state"], more: object = {}): RegisteredElement {
  return { identifier: 0x5562e917, state, ...more } as RegisteredElement;
}

Deno.test("before there is an element nothing is known, and it is not ready", () => {
  const registration = shown();
  assert.deepEqual(registration.itself(), {
    poolHandle: "web",
    identifier: null,
    home: null,
    state: "idle",
    registrar: null,
    port: 8081,
    policy: { name: "least-used", load: 0, loadRaw: "0x00000000" },
    check: { type: "tcp", passed: null, reason: null },
    childPid: null,
  });
  assert.equal(registration.readiness().isReady, false);
});

Deno.test("registered, with its home, its registrar and the load that it has now", () => {
  const registration = shown();
  const policy = { name: "least-used", load: 0x8000_0000 };
  const more = { home: 0x00c0ffee, registrar: "127.0.0.1:3863", policy };
  registration.made(elementIn("registered", more));
  registration.childStarted(4711);
  registration.hasLooked({ passed: true });
  const { identifier, home, registrar, state, childPid, check, policy: shownPolicy } = registration
    .itself();
  assert.deepEqual({ identifier, home, registrar, state, childPid, check }, {
    identifier: "0x5562e917",
    home: "0x00c0ffee",
    registrar: "127.0.0.1:3863",
    state: "registered",
    childPid: 4711,
    check: { type: "tcp", passed: true, reason: null },
  });
  assert.equal((shownPolicy as { loadRaw: string }).loadRaw, "0x80000000");
  assert.deepEqual(registration.readiness(), { isReady: true, reason: "registered" });
});

Deno.test("one failed check does not make it unready, its de-registration does, with why", () => {
  const registration = shown();
  registration.made(elementIn("registered"));
  registration.hasLooked({ passed: false, reason: "connection refused" });
  assert.equal(registration.readiness().isReady, true);
  registration.made(elementIn("idle"));
  assert.deepEqual(registration.readiness(), {
    isReady: false,
    reason: "not registered: the check fails: connection refused",
  });
  registration.hasLooked({ passed: true });
  for (const state of ["idle", "hunting", "registering", "deregistering", "stopped"] as const) {
    registration.made(elementIn(state));
    assert.match(registration.readiness().reason, /^not registered: [a-z ,-]+$/);
    assert.equal(registration.readiness().isReady, false, state);
  }
});

/** What events of the library say, in the words of the command line. */

import assert from "node:assert/strict";
import type { Api } from "../../cli/api.ts";
import { eventFields } from "../../cli/narrate.ts";
import * as api from "../../mod.ts";
import type { LibraryEvent } from "../../cli/events/entry.ts";

const at = { host: "2001:db8::1", port: 3863 };
const element: api.PoolElementValue = {
  identifier: 7,
  home: 0xc0ffee,
  registrationLife: 300,
  policy: { name: "least-used", load: 0 },
  transport: { protocol: "tcp", addresses: ["192.0.2.1"], port: 80, use: 0 },
};
const causes = [{ code: 9, information: new Uint8Array() }];

const CASES: readonly (readonly [LibraryEvent, Record<string, unknown>])[] = [
  [{ type: "keep-alive", server: 2, home: true }, { server: "0x00000002", home: true }],
  [{ type: "keep-alive", server: 2, home: false }, { server: "0x00000002" }],
  [
    { type: "home-changed", home: 2, previous: undefined, registrar: at },
    { home: "0x00000002", registrar: "[2001:db8::1]:3863" },
  ],
  [
    { type: "deregistered", outcome: "gave-up", attempts: [{ address: at, reason: "refused" }] },
    { outcome: "gave-up", attempts: ["[2001:db8::1]:3863: connection refused"] },
  ],
  [
    { type: "deregistered", outcome: "rejected", causes },
    { outcome: "rejected", causes: ["Unknown Pool Handle"] },
  ],
  [
    {
      type: "resolved",
      request: 3,
      poolHandle: "web",
      policy: element.policy,
      poolElements: [element],
      cached: false,
    },
    { poolHandle: "web", policy: "least-used", poolElements: ["0x00000007"] },
  ],
  [
    { type: "unreachable-reported", poolHandle: "web", peIdentifier: 7 },
    { poolHandle: "web", peIdentifier: "0x00000007" },
  ],
  [
    { type: "handler-failed", remote: at, error: new RangeError("x") },
    { remote: "[2001:db8::1]:3863", error: "RangeError: x" },
  ],
  [
    { type: "discarded", association: 4, messageType: "ASAP_COOKIE", why: "w" },
    { messageType: "ASAP_COOKIE", why: "w" },
  ],
];

for (const [event, fields] of CASES) {
  const { type, ...given } = event;
  Deno.test(`${type} of ${Object.keys(given).join(", ")} says what is known`, () => {
    assert.deepEqual(eventFields(event, api as Api), fields);
  });
}

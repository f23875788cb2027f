import assert from "node:assert/strict";
import { authorize, type Party, rightsOf } from "../../../lib/core/security/authorize.ts";
import type { Permissions } from "../../../lib/core/security/permissions.ts";
import type { Message } from "../../../lib/core/machine.ts";
import type { PoolElement } from "../../../lib/wire/mod.ts";

const PERMISSIONS: Permissions = {
  read: ["public-*"],
  identities: [
    { proofs: [{ kind: "certificate", name: "web-1" }], register: ["web", "mail-*"] },
    { proofs: [{ kind: "certificate", name: "r*.example.org" }], registrar: true },
    {
      proofs: [{ kind: "psk", name: "r2-to-r1" }, { kind: "psk", name: "r1-to-r2" }],
      name: "r2",
      registrar: true,
    },
    { proofs: [{ kind: "psk", name: "oncall" }], operate: true },
    { proofs: [{ kind: "psk", name: "reader" }], read: ["web"] },
  ],
};

const element: PoolElement = {
  identifier: 1,
  home: 0,
  registrationLife: 300,
  transport: { protocol: "tcp", port: 80, use: 0, addresses: ["192.0.2.1"] },
  policy: { name: "round-robin" },
};

const enrp = { sender: 0, receiver: 0 };
const MESSAGES = {
  "register web": { type: "ASAP_REGISTRATION", poolHandle: "web", poolElement: element },
  "register mail-x": { type: "ASAP_REGISTRATION", poolHandle: "mail-x", poolElement: element },
  "register other": { type: "ASAP_REGISTRATION", poolHandle: "other", poolElement: element },
  "de-register web": { type: "ASAP_DEREGISTRATION", poolHandle: "web", peIdentifier: 1 },
  "acknowledge web": { type: "ASAP_ENDPOINT_KEEP_ALIVE_ACK", poolHandle: "web", peIdentifier: 1 },
  "resolve web": { type: "ASAP_HANDLE_RESOLUTION", dynamicUpdates: false, poolHandle: "web" },
  "resolve public-1": {
    type: "ASAP_HANDLE_RESOLUTION",
    dynamicUpdates: false,
    poolHandle: "public-1",
  },
  "report web": { type: "ASAP_ENDPOINT_UNREACHABLE", poolHandle: "web", peIdentifier: 1 },
  "report public-1": { type: "ASAP_ENDPOINT_UNREACHABLE", poolHandle: "public-1", peIdentifier: 1 },
  "ASAP error": { type: "ASAP_ERROR", causes: [] },
  "who are you": { type: "ENRP_PRESENCE", ...enrp, replyRequired: true },
  "list": { type: "ENRP_LIST_REQUEST", ...enrp },
  "table": { type: "ENRP_HANDLE_TABLE_REQUEST", ...enrp, ownChildrenOnly: false },
  "observer's update": {
    type: "ENRP_HANDLE_UPDATE",
    ...enrp,
    takeoverSuggestion: false,
    action: 0,
    poolHandle: "web",
    poolElement: element,
  },
  "presence of a registrar": { type: "ENRP_PRESENCE", ...enrp, sender: 7, replyRequired: false },
  "takeover by a registrar": { type: "ENRP_INIT_TAKEOVER", ...enrp, sender: 7, target: 8 },
  "ENRP error": { type: "ENRP_ERROR", ...enrp, causes: [] },
} satisfies Record<string, Message>;

type Name = keyof typeof MESSAGES;
const HARMLESS: Name[] = ["ASAP error", "ENRP error"];
const READER: Name[] = [...HARMLESS, "resolve public-1", "report public-1", "who are you", "table"];
const SEES_ALL: Name[] = [...READER, "resolve web", "report web", "list"];

interface Row {
  readonly who: string;
  readonly party: Party;
  readonly may: readonly Name[];
  readonly allowInsecureResolution?: boolean;
}

const certificate = (identity: string, isRegistrar = false): Party => ({
  security: "certificate",
  identity,
  isRegistrar,
});
const key = (identity: string): Party => ({ security: "psk", identity });

const TABLE: readonly Row[] = [
  { who: "plain TCP", party: {}, may: HARMLESS },
  {
    who: "plain TCP, where it may resolve",
    party: {},
    allowInsecureResolution: true,
    may: [...HARMLESS, "resolve public-1"],
  },
  { who: "no certificate", party: { security: "certificate" }, may: READER },
  { who: "an unknown certificate", party: certificate("stranger"), may: READER },
  {
    who: "an element",
    party: certificate("web-1"),
    may: [...READER, "register web", "register mail-x", "de-register web", "acknowledge web"],
  },
  { who: "a key of the element's name", party: key("web-1"), may: READER },
  {
    who: "a registrar",
    party: certificate("r1.example.org", true),
    may: [...SEES_ALL, "presence of a registrar", "takeover by a registrar"],
  },
  { who: "a registrar without the role", party: certificate("r1.example.org"), may: READER },
  { who: "the role without permission", party: certificate("web-9", true), may: READER },
  {
    who: "a registrar by key",
    party: key("r1-to-r2"),
    may: [...SEES_ALL, "presence of a registrar", "takeover by a registrar"],
  },
  { who: "an operator", party: key("oncall"), may: SEES_ALL },
  { who: "a reader", party: key("reader"), may: [...READER, "resolve web", "report web"] },
];

for (const { who, party, may, allowInsecureResolution } of TABLE) {
  Deno.test(`authorize: ${who}`, () => {
    const rights = rightsOf(PERMISSIONS, party, allowInsecureResolution);
    for (const [name, message] of Object.entries(MESSAGES)) {
      const why = authorize(rights, message);
      assert.equal(why === undefined, may.includes(name as Name), `${name}: ${why}`);
    }
  });
}

Deno.test("authorize: who may read nothing is not told of the table", () => {
  const rights = rightsOf({ identities: [] }, { security: "certificate" });
  assert.match(authorize(rights, MESSAGES.table)!, /no certificate may not read the handle table/);
});

Deno.test("rights: a refusal names the identity with its kind, or by its name", () => {
  const refusal = (party: Party) =>
    authorize(rightsOf(PERMISSIONS, party), MESSAGES["register other"]);
  assert.match(
    refusal(certificate("web-1"))!,
    /^certificate:web-1 may not register in pool "other"/,
  );
  assert.match(refusal(key("oncall"))!, /^psk:oncall may not/);
  assert.match(refusal(key("r2-to-r1"))!, /^name:r2 may not/);
  assert.match(refusal({})!, /^whoever comes without security may not/);
});

Deno.test("rights: several proofs of one name are one identity, others are their own", () => {
  const identity = (party: Party) => rightsOf(PERMISSIONS, party).identity;
  assert.equal(identity(key("r1-to-r2")), identity(key("r2-to-r1")));
  assert.notEqual(identity(certificate("r1.example.org")), identity(certificate("r2.example.org")));
  assert.notEqual(identity(certificate("x")), identity(key("x")));
});

Deno.test("rights: of several permissions that fit, the first counts", () => {
  const permissions: Permissions = {
    identities: [
      { proofs: [{ kind: "psk", name: "a*" }], register: ["first"] },
      { proofs: [{ kind: "psk", name: "abc" }], register: ["second"] },
    ],
  };
  assert.deepEqual(rightsOf(permissions, key("abc")).register, ["first"]);
});

/** What is said of a port in use. */

import assert from "node:assert/strict";
import { explainListener } from "../../cli/commands/registrar_served.ts";
import { explain } from "../../cli/failure.ts";
import { ListenFailed, type RegistrarSettings } from "../../mod.ts";

const PLAIN = { host: "127.0.0.1", port: 3863 };
const ENRP = { host: "::1", port: 9901 };
const TLS = { host: "127.0.0.1", port: 3864 };

function settings(security?: object): RegistrarSettings {
  return { asap: [PLAIN], enrp: [ENRP], asapTls: [TLS], security } as RegistrarSettings;
}

function told(address: typeof PLAIN, security?: object, reason = "address-in-use" as const) {
  return explain(explainListener(new ListenFailed(address, reason), settings(security)));
}

Deno.test("a secured registrar says what its port without TLS is, if it is in use", () => {
  assert.deepEqual(told(PLAIN, {}), {
    code: 1,
    message: "cannot listen on 127.0.0.1:3863: the port is in use; that is --asap, which has no " +
      "TLS and only refuses: two secured registrars on one host need different ones " +
      "(--asap 127.0.0.1:0 for any port)",
  });
  assert.match(told(ENRP, {}).message, /that is --enrp, .* \(--enrp \[::1\]:0 for any port\)$/);
  const open = told(PLAIN, { allowInsecureResolution: true });
  assert.match(open.message, /that is --asap, which has no TLS: two/);
});

Deno.test("of other ports and other failures there is no more to say", () => {
  assert.deepEqual(told(PLAIN), {
    code: 1,
    message: "cannot listen on 127.0.0.1:3863: the port is in use",
  });
  assert.equal(told(TLS, {}).message, "cannot listen on 127.0.0.1:3864: the port is in use");
  const permission = new ListenFailed(PLAIN, "permission");
  assert.equal(explainListener(permission, settings({})), permission);
  assert.equal(explainListener("other", settings({})), "other");
});

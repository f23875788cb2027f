/** Which address of this host a service is checked at. */

import assert from "node:assert/strict";
import type { SecureTransport } from "../../cli/api.ts";
import { RegisteredAddress } from "../../cli/commands/register_target.ts";
import type { Address, DialOptions } from "../../lib/net/mod.ts";

const REGISTRARS = [{ host: "192.0.2.1", port: 1 }, { host: "192.0.2.2", port: 2 }];

/** Only the second registrar is there. */
function secured() {
  const asked: { address: Address; options: DialOptions }[] = [];
  let closed = 0;
  const dial = (address: Address, options: DialOptions) => {
    asked.push({ address, options });
    if (address.port === 1) return Promise.reject(new Error("refused"));
    const close = () => Promise.resolve(void closed++);
    return Promise.resolve({ local: { host: "192.0.2.9", port: 7 }, close });
  };
  return { transport: { dial } as unknown as SecureTransport, asked, closed: () => closed };
}

Deno.test("over TLS it is found by TLS, at the first registrar that answers", async () => {
  const { transport, asked, closed } = secured();
  const address = new RegisteredAddress(undefined, REGISTRARS, transport);
  assert.equal(await address.find(), "192.0.2.9");
  assert.equal(await address.find(), "192.0.2.9");
  assert.deepEqual(asked.map((each) => each.address), REGISTRARS);
  assert.deepEqual(asked[0]!.options.tls, { role: "client", protocol: "asap" });
  assert.equal(closed(), 1);
});

Deno.test("a given address and a loopback registrar need nobody to be asked", async () => {
  const { transport, asked } = secured();
  assert.equal(await new RegisteredAddress("192.0.2.7", REGISTRARS, transport).find(), "192.0.2.7");
  const local = [{ host: "127.0.0.2", port: 1 }];
  assert.equal(await new RegisteredAddress(undefined, local, transport).find(), "127.0.0.1");
  assert.deepEqual(asked, []);
});

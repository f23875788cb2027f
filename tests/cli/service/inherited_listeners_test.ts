/** Sockets of a service manager: which are meant, and what is said of those that are of no use. */

import assert from "node:assert/strict";
import type { InheritedSocket } from "../../../cli/api.ts";
import {
  inheritedListeners,
  MAX_INHERITED_SOCKETS,
} from "../../../cli/service/inherited_listeners.ts";
import type { ServiceProcess } from "../../../cli/service/service_manager.ts";

const PORT = 3863;
const WANTED = [{ host: "127.0.0.1", port: PORT }, { host: "::1", port: 9901 }];

/** What becomes of sockets at these addresses in this environment. */
async function inherit(env: Record<string, string>, addresses = WANTED) {
  const process: ServiceProcess = {
    pid: 42,
    takeEnv(name) {
      const value = env[name];
      delete env[name];
      return value;
    },
    open: () => undefined,
  };
  const asked: number[] = [];
  const closed: number[] = [];
  const takeOver = (descriptors: readonly number[]) => {
    asked.push(...descriptors);
    const sockets = addresses.slice(0, descriptors.length).map((address, i): InheritedSocket => ({
      address,
      accept() {},
      close: () => Promise.resolve(void closed.push(i)),
    }));
    return Promise.resolve(sockets);
  };
  const sockets = await inheritedListeners(process, WANTED, takeOver).catch((error) => error);
  return { sockets, asked, closed, env };
}

Deno.test("sockets of this process are taken, from the third descriptor on", async () => {
  const given = { LISTEN_FDS: "2", LISTEN_PID: "42", LISTEN_FDNAMES: "asap:enrp" };
  const { sockets, asked, env } = await inherit(given);
  assert.deepEqual(asked, [3, 4]);
  assert.equal(sockets.length, 2);
  assert.deepEqual(env, {}, "whom it starts knows nothing of it");
});

Deno.test("without any, or with those of another process, there are none", async () => {
  const absent: Record<string, string>[] = [
    {},
    { LISTEN_FDS: "1", LISTEN_PID: "41" },
    { LISTEN_FDS: "1" },
  ];
  for (const env of absent) {
    const { sockets, asked } = await inherit(env);
    assert.deepEqual([sockets, asked], [undefined, []]);
  }
});

Deno.test("a socket at an address where nobody listens is an error that names both", async () => {
  const elsewhere = [WANTED[0]!, { host: "::", port: PORT }];
  const { sockets, closed } = await inherit({ LISTEN_FDS: "2", LISTEN_PID: "42" }, elsewhere);
  assert.equal(
    sockets.message,
    "LISTEN_FDS: the service manager listens on [::]:3863, and this command on 127.0.0.1:3863, " +
      "[::1]:9901: write the same addresses in both",
  );
  assert.equal(sockets.code, 2);
  assert.deepEqual(closed, [0, 1]);
});

Deno.test(`at most MAX_INHERITED_SOCKETS (${MAX_INHERITED_SOCKETS}), and a number`, async () => {
  for (const LISTEN_FDS of [String(MAX_INHERITED_SOCKETS + 1), "-1", "x"]) {
    const { sockets, asked } = await inherit({ LISTEN_FDS, LISTEN_PID: "42" });
    assert.match(sockets.message, /^LISTEN_FDS: ".*" is not a number of sockets, at most 32$/);
    assert.deepEqual(asked, []);
  }
});

/** What a service manager is told, and when. sd_notify(3). */

import assert from "node:assert/strict";
import {
  MAX_STATUS_CHARACTERS,
  ServiceManager,
  type ServiceProcess,
} from "../../../cli/service/service_manager.ts";

/** A process in an environment, and what it sends. */
function processIn(env: Record<string, string>, canSend = true) {
  const sent: { text: string; path: string }[] = [];
  const process: ServiceProcess = {
    pid: 42,
    takeEnv(name) {
      const value = env[name];
      delete env[name];
      return value;
    },
    open: () =>
      canSend
        ? {
          send(bytes, { path }) {
            sent.push({ text: new TextDecoder().decode(bytes), path });
            return Promise.resolve(bytes.length);
          },
          close() {},
        }
        : undefined,
  };
  return { process, sent, env };
}

function managerOf(process: ServiceProcess): ServiceManager {
  const manager = ServiceManager.of(process);
  assert(manager instanceof ServiceManager);
  return manager;
}

Deno.test("without NOTIFY_SOCKET nobody is told anything", () => {
  assert.equal(ServiceManager.of(processIn({}).process), undefined);
  assert.equal(ServiceManager.of(processIn({ NOTIFY_SOCKET: "vsock:2:9" }).process), undefined);
});

Deno.test("where Deno cannot send, that is known", () => {
  assert.equal(ServiceManager.of(processIn({ NOTIFY_SOCKET: "/run/n" }, false).process), "deaf");
});

Deno.test("ready and stopping, and the variables are gone for those whom it starts", async () => {
  const { process, sent, env } = processIn({ NOTIFY_SOCKET: "/run/notify", WATCHDOG_PID: "7" });
  const manager = managerOf(process);
  await manager.ready("serves\n127.0.0.1");
  await manager.stopping();
  manager.close();
  assert.deepEqual(sent, [
    { text: "READY=1\nSTATUS=serves 127.0.0.1", path: "/run/notify" },
    { text: "STOPPING=1", path: "/run/notify" },
  ]);
  assert.deepEqual(env, {});
});

Deno.test("an abstract socket begins with a zero byte", async () => {
  const { process, sent } = processIn({ NOTIFY_SOCKET: "@/org/x" });
  await managerOf(process).stopping();
  assert.equal(sent[0]!.path, "\0/org/x");
});

Deno.test(`a status has at most MAX_STATUS_CHARACTERS (${MAX_STATUS_CHARACTERS})`, async () => {
  const { process, sent } = processIn({ NOTIFY_SOCKET: "/run/notify" });
  const manager = managerOf(process);
  await manager.ready("x".repeat(1000));
  manager.close();
  assert.equal(sent[0]!.text.length, "READY=1\nSTATUS=".length + MAX_STATUS_CHARACTERS);
});

Deno.test("the watchdog is told thrice in its time, if it means this process", async () => {
  const given = { NOTIFY_SOCKET: "/run/notify", WATCHDOG_USEC: "3000" };
  const told = Promise.withResolvers<void>();
  const { process, sent } = processIn({ ...given, WATCHDOG_PID: "42" });
  const open = process.open()!;
  const manager = managerOf({
    ...process,
    open: () => ({
      ...open,
      send: (bytes, to) => {
        const sending = open.send(bytes, to);
        if (sent.filter(({ text }) => text === "WATCHDOG=1").length === 3) told.resolve();
        return sending;
      },
    }),
  });
  await manager.ready("");
  // Its timer keeps no process alive, and this test lives on without it.
  const alive = new MessageChannel();
  alive.port1.onmessage = () => {};
  await told.promise;
  alive.port1.close();
  alive.port2.close();
  manager.close();

  const other = processIn({ ...given, WATCHDOG_PID: "43" });
  const silent = managerOf(other.process);
  await silent.ready("");
  silent.close();
  assert.deepEqual(other.sent.map(({ text }) => text), ["READY=1\nSTATUS="]);
});

Deno.test("a service manager that is gone ends nothing", async () => {
  const { process } = processIn({ NOTIFY_SOCKET: "/run/notify" });
  const gone = { send: () => Promise.reject(new Error("gone")), close() {} };
  await managerOf({ ...process, open: () => gone }).stopping();
});

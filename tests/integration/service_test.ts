/** What a service manager hears of real processes, over a real socket. sd_notify(3). */

import assert from "node:assert/strict";
import { hasProgram, Scratch } from "./harness.ts";

const ignore = !hasProgram("python3");
const skipped = ignore ? " (SKIPPED: no python3)" : "";

/** Prints each datagram that comes to a Unix socket. */
const RECEIVER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True: print(repr(s.recv(4096).decode()), flush=True)
`;

async function receiver(scratch: Scratch, path: string) {
  const running = scratch.spawn("python3", ["-c", RECEIVER, path], {}, "receiver");
  await running.prints(/bound/);
  return running;
}

Deno.test({
  name: "a registrar tells that it serves, that its loop turns, and that it stops" + skipped,
  ignore,
  async fn() {
    await using scratch = await Scratch.make();
    const NOTIFY_SOCKET = `${scratch.folder}/notify`;
    const manager = await receiver(scratch, NOTIFY_SOCKET);
    const env = { NOTIFY_SOCKET, WATCHDOG_USEC: "300000" };
    const args = ["registrar", "--asap", "127.0.0.1:0", "--enrp", "127.0.0.1:0"];
    const registrar = scratch.start(args, { env });
    await manager.prints(/'READY=1\\nSTATUS=serves \{"identifier":"0x[0-9a-f]{8}".*WATCHDOG=1/s);
    assert.equal((await registrar.stop()).code, 0);
    await manager.prints(/STOPPING=1/);
  },
});

Deno.test({
  name: "proxy and dns tell it, too" + skipped,
  ignore,
  async fn() {
    await using scratch = await Scratch.make();
    const { at } = await scratch.registrar();
    const commands = [
      ["proxy", "--listen", "127.0.0.1:0=web", "-r", at.asap],
      ["dns", "--listen", "127.0.0.1:0", "-r", at.asap],
    ];
    for (const args of commands) {
      const NOTIFY_SOCKET = `${scratch.folder}/${args[0]}.socket`;
      const manager = await receiver(scratch, NOTIFY_SOCKET);
      const running = scratch.start(args, { env: { NOTIFY_SOCKET } });
      await manager.prints(/READY=1/);
      assert.equal((await running.stop()).code, 0);
      await manager.prints(/STOPPING=1/);
    }
  },
});

Deno.test({
  name:
    "an element tells it at its first grant, and the service that it starts knows nothing of it" +
    skipped,
  ignore,
  async fn() {
    await using scratch = await Scratch.make();
    const { at } = await scratch.registrar();
    const path = `${scratch.folder}/child`;
    const real = await receiver(scratch, path);
    const register = ["register", "web", "--port", "81", "-r", at.asap, "--check", "none"];
    const element = scratch.start([...register, "--", "sh", "-c", "env; exec sleep 60"], {
      env: { NOTIFY_SOCKET: path },
    });
    await real.prints(/READY=1/);
    await element.prints(/^PATH=/m);
    assert.doesNotMatch(element.stdout, /NOTIFY_SOCKET/);
    element.kill("SIGTERM");
    await element.ended;
  },
});

/** A registrar whose sockets somebody else has opened, as systemd does. sd_listen_fds(3). */

import assert from "node:assert/strict";
import { asap } from "../../lib/wire/mod.ts";
import { hasProgram, Scratch } from "./harness.ts";

const ignore = !hasProgram("python3");
const skipped = ignore ? " (SKIPPED: no python3)" : "";
const BUILT = new URL("../../dist/rserpool", import.meta.url).pathname;
const MANY = 20_000;

/**
 * Opens two sockets, writes their ports to a file, and becomes the command, as a service manager
 * would: `{0}` and `{1}` in the arguments stand for the ports.
 */
const ACTIVATOR = `
import os, socket, sys
sockets = [socket.socket() for _ in range(2)]
for s in sockets:
    s.bind(("127.0.0.1", 0))
    s.listen(16)
ports = [s.getsockname()[1] for s in sockets]
high = [os.dup2(s.fileno(), 100 + i) for i, s in enumerate(sockets)]
for i, fd in enumerate(high): os.dup2(fd, 3 + i, inheritable=True)
os.environ.update(LISTEN_FDS="2", LISTEN_PID=str(os.getpid()))
open(sys.argv[1], "w").write(" ".join(map(str, ports)))
args = [arg.format(*ports) for arg in sys.argv[2:]]
os.execvp(args[0], args)
`;

function activate(scratch: Scratch, args: readonly string[]) {
  const ports = `${scratch.folder}/ports`;
  const all = ["-c", ACTIVATOR, ports, BUILT, "registrar", ...args];
  const running = scratch.spawn("python3", all, {}, "registrar");
  return {
    running,
    ports: async () => (await Deno.readTextFile(ports)).split(" ").map(Number) as [number, number],
  };
}

Deno.test({
  name: "a registrar serves on sockets that were opened for it" + skipped,
  ignore,
  async fn() {
    await using scratch = await Scratch.make();
    const { running, ports } = activate(scratch, [
      ...["--asap", "127.0.0.1:{0}"],
      ...["--enrp", "127.0.0.1:{1}", "-v"],
    ]);
    await running.says(/serves ASAP on/);
    const [asapPort, enrpPort] = await ports();
    const at = `127.0.0.1:${asapPort}`;
    const status = await scratch.run(["status", "--enrp-registrar", `127.0.0.1:${enrpPort}`]);
    assert.equal(status.code, 0, status.stderr);
    assert.equal((await scratch.run(["resolve", "web", "-r", at])).code, 3);
    await askMany(asapPort);
    running.kill("SIGTERM");
    assert.equal((await running.ended).code, 0, running.stderr);
  },
});

/** Questions without number in one go, then the end of the stream: each is answered. */
async function askMany(port: number): Promise<void> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const question = asap.encode({
    type: "ASAP_HANDLE_RESOLUTION",
    poolHandle: "web",
    dynamicUpdates: false,
  });
  const all = new Uint8Array(question.length * MANY);
  for (let at = 0; at < all.length; at += question.length) all.set(question, at);
  const reading = countAll(connection);
  for (let at = 0; at < all.length;) at += await connection.write(all.subarray(at));
  await connection.closeWrite();
  const count = await reading;
  assert.equal(count % MANY, 0, `${count} bytes`);
  assert(count > 0);
}

/** How many bytes come until the end. */
async function countAll(connection: Deno.TcpConn): Promise<number> {
  const buffer = new Uint8Array(1 << 16);
  let count = 0;
  for (;;) {
    const read = await connection.read(buffer);
    if (read === null) return count;
    count += read;
  }
}

Deno.test({
  name: "sockets at other addresses than its own are refused in words" + skipped,
  ignore,
  async fn() {
    await using scratch = await Scratch.make();
    const { running, ports } = activate(scratch, [
      ...["--asap", "127.0.0.1:{0}"],
      ...["--enrp", "127.0.0.1:0"],
    ]);
    const { code, stderr } = await running.ended;
    const [, enrpPort] = await ports();
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`LISTEN_FDS: .* 127.0.0.1:${enrpPort}, and this command on`));
  },
});

Deno.test({
  name: "TLS with certificates on a socket that was opened for it" + skipped,
  ignore,
  async fn() {
    await using scratch = await Scratch.make();
    for (const words of ["init", "issue registrar r1.example.org --address 127.0.0.1"]) {
      const { code, stderr } = await scratch.run(["certs", ...words.split(" ")]);
      assert.equal(code, 0, stderr);
    }
    const config = `${scratch.folder}/security.yaml`;
    await Deno.writeTextFile(config, "security: {read: everyone}\n");
    const own = `${scratch.folder}/rserpool-ca/r1.example.org`;
    const { running, ports } = activate(scratch, [
      ...["--config", config, "--ca", `${scratch.folder}/rserpool-ca/ca.crt`],
      ...["--cert", `${own}.crt`, "--key", `${own}.key`],
      ...["--asap", "127.0.0.1:0", "--enrp", "127.0.0.1:0", "-v"],
      ...["--asap-tls", "127.0.0.1:{0}", "--enrp-tls", "127.0.0.1:{1}"],
    ]);
    await running.says(/serves ASAP on/);
    const at = `127.0.0.1:${(await ports())[0]}`;
    const resolved = await scratch.run(["resolve", "web", "--ca", "rserpool-ca/ca.crt", "-r", at]);
    assert.equal(resolved.code, 3, resolved.stderr);
    running.kill("SIGTERM");
    assert.equal((await running.ended).code, 0, running.stderr);
  },
});

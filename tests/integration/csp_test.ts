/** The Component Status Protocol, with Debian's cspmonitor and with ours. */

import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { componentId, decodeReport, encodeReport } from "../../cli/csp/report.ts";
import { hasProgram, Scratch } from "./harness.ts";

/** SCTP, where the kernel has none. */
const SCTP = decodeURIComponent(new URL("rsplib/sctp_over_udp.c", import.meta.url).pathname);

/** A free UDP port of the loopback, for a program that does not tell which one it got. */
async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.bind(0, "127.0.0.1", resolve);
  await promise;
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

Deno.test({
  name: "Debian's cspmonitor shows our registrars: identifier, associations, load, and their end",
  ignore: !hasProgram("cspmonitor"),
  fn: async () => {
    await using scratch = await Scratch.make();
    const port = await freePort();
    const monitor = scratch.spawn("cspmonitor", [
      `-localaddress=127.0.0.1:${port}`,
      "-updateinterval=100",
    ]);
    await monitor.prints(/0 PRs/);
    const report = ["--csp-server", `127.0.0.1:${port}`, "--csp-interval", "100ms"];
    const first = await scratch.registrar(["--timing", "fast", "--id", "0xabcd0001", ...report]);
    await monitor.prints(/PR \$abcd0001 .*A=0 .*"0 pools, 0 PEs \(0 own\), 0 peers"/);
    const peer = ["--peer", first.at.enrp, "--timing", "fast", "--id", "0xabcd0002"];
    await scratch.registrar([...peer, ...report]);
    await monitor.prints(/2 PRs[^]*PR \$abcd0001 .*U=\d\d:\d\d:\d\d .*A=1 L= +\d+% .*1 peers"/);
    await monitor.prints(/PR \$abcd0002 .*A=1 /);
    const before = monitor.stdout.length;
    await first.stop();
    // Its last report says that it is the last: nobody waits until it is purged.
    await monitor.prints(new RegExp(`^[^]{${before},}m1 PRs`));
    await monitor.stop();
  },
});

Deno.test("monitor --csp shows registrars with --csp-server and components of rsplib", async () => {
  await using scratch = await Scratch.make();
  const port = await freePort();
  const monitor = scratch.start(["monitor", "--csp", `127.0.0.1:${port}`, "-o", "json"]);
  await monitor.prints(/"components":\[\]/);
  const registrar = await scratch.registrar([
    ...["--csp-server", `127.0.0.1:${port}`, "--csp-interval", "100ms", "--id", "0xabcd0001"],
  ]);
  await monitor.prints(/"component":"registrar","identifier":"0xabcd0001",.*"state":"reports"/);
  const socket = createSocket("udp4");
  const report = encodeReport({
    sender: componentId("pool user", 0x12345678),
    isFinal: false,
    timestampUs: 1n,
    intervalUs: 1_000_000,
    location: "192.0.2.1\u001b[2J",
    status: "3 sessions",
    workload: undefined,
    associations: [],
    associationCount: 0,
  });
  assert.ok(!("failure" in decodeReport(report)));
  socket.send(new Uint8Array([1, 2, 3]), port, "127.0.0.1");
  socket.send(report, port, "127.0.0.1");
  await monitor.prints(/"component":"pool user","identifier":"0x12345678",.*"status":"3 sessions"/);
  socket.close();
  assert.ok(!monitor.stdout.includes("\x1b"));
  await registrar.stop();
  await monitor.prints(/"identifier":"0xabcd0001",[^{}]*"state":"ended"/);
  assert.equal((await monitor.stop()).code, 0);
});

Deno.test({
  name: "monitor --csp shows a registrar of Debian's rsplib, which says when it ends",
  ignore: !hasProgram("rspregistrar") || !hasProgram("cc"),
  fn: async () => {
    await using scratch = await Scratch.make();
    const [port, asap, enrp] = [await freePort(), await freePort(), await freePort()];
    const monitor = scratch.start(["monitor", "--csp", `127.0.0.1:${port}`, "-o", "json"]);
    await monitor.prints(/"components":\[\]/);
    const library = `${scratch.folder}/sctp.so`;
    const cc = scratch.spawn("cc", ["-shared", "-fPIC", "-o", library, SCTP, "-ldl"]);
    assert.equal((await cc.ended).code, 0, cc.stderr);
    const addresses = [`-asap=127.0.0.1:${asap}`, `-enrp=127.0.0.1:${enrp}`, "-disable-ipv6"];
    const quiet = ["-asapannounce=off", "-enrpannounce=off", "-identifier=0x50bfadbc"];
    const report = [`-cspserver=127.0.0.1:${port}`, "-cspinterval=100"];
    const env = { LD_PRELOAD: library };
    const rsplib = scratch.spawn("rspregistrar", [...addresses, ...quiet, ...report], { env });
    await monitor.prints(
      /"registrar","identifier":"0x50bfadbc",.*"state":"reports",.*"status":"0\[0\] PEs in 0 Pools/,
    );
    await rsplib.stop("SIGINT");
    await monitor.prints(/"identifier":"0x50bfadbc",[^{}]*"state":"ended"/);
    assert.equal((await monitor.stop()).code, 0);
  },
});

Deno.test("a port that is taken, and a monitor that cannot be found", async () => {
  await using scratch = await Scratch.make();
  const socket = createSocket("udp4");
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.bind(0, "127.0.0.1", resolve);
  await promise;
  const taken = `127.0.0.1:${socket.address().port}`;
  const { code, stderr } = await scratch.run(["monitor", "--csp", taken]);
  socket.close();
  assert.equal(code, 1, stderr);
  assert.match(
    stderr,
    new RegExp(`error: cannot listen on ${taken} \\(--csp\\): the port is in use$`, "m"),
  );
  const registrar = await scratch.registrar(["--csp-server", "no-such-host.invalid"]);
  await registrar.says(
    /warning: cannot report to no-such-host\.invalid:2960 \(--csp-server\): the host is unknown/,
  );
  assert.equal((await registrar.stop()).code, 0);
});

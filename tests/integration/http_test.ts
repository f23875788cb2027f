/** `--http` of the built file: the same JSON as the command line, health, and an orderly end. */

import assert from "node:assert/strict";
import { makeAuthority } from "../net/certificates.ts";
import { hasProgram, type Ready, type Running, Scratch } from "./harness.ts";

type WithHttp = Ready & { readonly http: readonly string[] };

const HTTP = ["--http", "127.0.0.1:0"];

/** Where a process says that it serves HTTP, before it has a ready file. */
async function httpOf(running: Running): Promise<string> {
  const [, at] = await running.says(/serves HTTP on (\S+)/);
  return at!;
}

async function get(at: string, path: string) {
  const response = await fetch(`http://${at}${path}`);
  return { status: response.status, text: await response.text() };
}

async function json(at: string, path: string) {
  const { status, text } = await get(at, path);
  assert.equal(status, 200, text);
  return JSON.parse(text);
}

/** Holds every key and item of what the command line prints; other keys may stand beside them. */
function assertHolds(found: unknown, expected: unknown, path = "$"): void {
  if (Array.isArray(expected)) {
    assert.ok(Array.isArray(found), path);
    assert.equal(found.length, expected.length, path);
    expected.forEach((item, i) => assertHolds(found[i], item, `${path}[${i}]`));
  } else if (typeof expected === "object" && expected !== null) {
    assert.ok(typeof found === "object" && found !== null, path);
    for (const [key, value] of Object.entries(expected)) {
      assert.ok(key in found, `${path}.${key}`);
      // How long ago somebody was heard is another number at another moment.
      if (key === "lastHeardAgoMs") continue;
      assertHolds((found as Record<string, unknown>)[key], value, `${path}.${key}`);
    }
  } else assert.equal(found, expected, path);
}

Deno.test("the JSON over HTTP has all that dump, peers and status print, key by key", async () => {
  await using scratch = await Scratch.make();
  const first = await scratch.registrar([...HTTP, "--timing", "fast", "--address-check", "any"]);
  const peer = ["--timing", "fast", "--peer", first.at.enrp];
  await scratch.registrar(peer);
  const { http: [at] } = await first.ready() as WithHttp;
  const policies = ["weighted-round-robin:weight=3", "least-used:load=0.25"];
  for (const [i, policy] of policies.entries()) {
    const args = [`pool-${i}`, "--port", "9", "--check", "none", "--policy", policy];
    await scratch.serve("register", [...args, "-r", first.at.asap]).ready();
  }
  const endless = ["--lifetime", "infinite", "--no-asap", "--check", "none"];
  await scratch.serve("register", ["\u{1f600}", "--port", "9", ...endless, "-r", first.at.asap])
    .ready();
  const rows = [["dump", "pools"], ["peers", "peers"], ["status", "registrar"]] as const;
  for (const [command, name] of rows) {
    const args = [command, "-o", "json", "--enrp-registrar", first.at.enrp];
    const { stdout, code } = await scratch.run(args);
    assert.equal(code, 0);
    assertHolds(await json(at!, `/api/v1/${name}`), JSON.parse(stdout));
  }
  const { pools } = await json(at!, "/api/v1/pools?pool=pool-0");
  assert.equal(pools.length, 1);
  assert.equal(pools[0].poolElements[0].state, "available");
  const metrics = await get(at!, "/metrics");
  assert.match(metrics.text, /^rserpool_/m);
});

Deno.test("who waits for a mentor is alive and says why it is not ready", async () => {
  await using scratch = await Scratch.make();
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const mentor = `127.0.0.1:${silent.addr.port}`;
  const addresses = ["--asap", "127.0.0.1:0", "--enrp", "127.0.0.1:0"];
  const registrar = scratch.start(["registrar", ...addresses, "--peer", mentor, ...HTTP]);
  const at = await httpOf(registrar);
  assert.deepEqual(await get(at, "/healthz"), { status: 200, text: "ok\n" });
  const { status, text } = await get(at, "/readyz");
  assert.equal(status, 503);
  assert.match(text, /^initializing: .*\n$/);
  assert.equal((await json(at, "/api/v1/registrar")).state, "initializing");
  const { code } = await registrar.stop();
  assert.equal(code, 0);
});

Deno.test("SIGTERM is not held up by who follows the events, and their streams end", async () => {
  await using scratch = await Scratch.make();
  const registrar = await scratch.registrar(HTTP);
  const { http: [at] } = await registrar.ready() as WithHttp;
  const followers = await Promise.all(Array.from({ length: 10 }, async () => {
    const response = await fetch(`http://${at}/api/v1/events?after=0`);
    return { text: response.text() };
  }));
  const { code, stderr } = await registrar.stop();
  assert.equal(code, 0);
  assert.match(stderr, /stopped\n$/);
  for (const { text } of followers) assert.match(await text, /"event":"started"/);
  await assert.rejects(fetch(`http://${at}/healthz`));
});

Deno.test("register, proxy and dns tell what they are about", async () => {
  await using scratch = await Scratch.make();
  const registrar = await scratch.registrar();
  const who = ["-r", registrar.at.asap, ...HTTP];
  const element = scratch.serve("register", [
    ...["web", "--port", "9", "--check", "none", "--drain", "0s"],
    ...who,
  ]);
  const { http: [registerAt], identifier } = await element.ready() as WithHttp;
  const proxy = scratch.serve("proxy", ["--listen", "127.0.0.1:0=web", ...who]);
  const { http: [proxyAt] } = await proxy.ready() as WithHttp;
  const dns = scratch.serve("dns", ["--listen", "127.0.0.1:0", ...who]);
  const { http: [dnsAt] } = await dns.ready() as WithHttp;
  const all = [["register", registerAt], ["proxy", proxyAt], ["dns", dnsAt]] as const;
  for (const [command, at] of all) {
    assert.equal((await get(at!, "/readyz")).status, 200, command);
    assert.match((await get(at!, "/metrics")).text, /^rserpool_build_info\{.*command="/m);
    assert.match((await get(at!, "/")).text, new RegExp(`/api/v1/${command}\n`));
    assert.equal((await json(at!, `/api/v1/${command}`)).command, command);
  }
  const itself = await json(registerAt!, "/api/v1/register");
  const { poolHandle, state, home } = itself;
  const known = { poolHandle, state, identifier: itself.identifier, home };
  const expected = { poolHandle: "web", state: "registered", home: registrar.at.identifier };
  assert.deepEqual(known, { ...expected, identifier });
  const { pools, listeners } = await json(proxyAt!, "/api/v1/proxy");
  assert.equal(pools[0].poolElements[0].identifier, identifier);
  assert.deepEqual([listeners[0].pool, listeners[0].connections], ["web", 0]);
  assert.equal((await json(dnsAt!, "/api/v1/dns")).zone, "pool.internal");
  for (const running of [dns, proxy, element]) assert.equal((await running.stop()).code, 0);
});

Deno.test("an element whose check fails is not ready, and says why", async () => {
  await using scratch = await Scratch.make();
  const registrar = await scratch.registrar();
  const check = ["--check", "exec:echo it is asleep >&2; exit 1"];
  const args = ["web", "--port", "9", ...check, "-r", registrar.at.asap, ...HTTP];
  const element = scratch.start(["register", "-v", ...args]);
  const at = await httpOf(element);
  await element.says(/check failed/);
  const { status, text } = await get(at, "/readyz");
  assert.equal(status, 503);
  assert.match(text, /^not registered: the check fails: /);
  assert.equal((await json(at, "/api/v1/register")).check.passed, false);
});

Deno.test("a port in use ends it with 1, and what else it has opened is closed", async () => {
  await using scratch = await Scratch.make();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const at = `127.0.0.1:${taken.addr.port}`;
  for (const args of [["registrar"], ["dns"], ["register", "web", "--port", "9"]]) {
    const { code, stderr } = await scratch.run([...args, ...HTTP, "--http", at]);
    assert.equal(code, 1, stderr);
    assert.match(stderr, new RegExp(`--http: cannot listen on ${at}: the port is in use\n$`));
  }
});

Deno.test("--http-cert: TLS for everybody, and SIGHUP takes another certificate", async () => {
  await using scratch = await Scratch.make();
  const authority = await makeAuthority();
  const renew = async (subject: string) => {
    const issued = await authority.issue({ subject, ips: ["127.0.0.1"] });
    await Deno.writeTextFile(`${scratch.folder}/h.crt`, issued.cert.text);
    await Deno.writeTextFile(`${scratch.folder}/h.key`, issued.key.text, { mode: 0o600 });
  };
  await renew("first");
  const own = [...HTTP, "--http-cert", "h.crt", "--http-key", "h.key"];
  const registrar = await scratch.registrar(own);
  // The same from a file, beside which its paths are.
  const section = "http: {listen: [127.0.0.1:0], cert: h.crt, key: h.key}\n";
  await Deno.writeTextFile(`${scratch.folder}/c.yaml`, section);
  const where = ["--listen", "127.0.0.1:0", "--config", `${scratch.folder}/c.yaml`];
  const dns = scratch.serve("dns", [...where, "-r", registrar.at.asap], { cwd: "/" });
  for (const [running, words] of [[registrar, "read anew: "], [dns, ""]] as const) {
    const { http: [at] } = await running.ready() as WithHttp;
    await running.says(/serves HTTP on \S+ \(TLS\)/);
    using client = Deno.createHttpClient({ caCerts: [authority.ca.text] });
    const response = await fetch(`https://${at}/metrics`, { client });
    assert.match(await response.text(), /^rserpool_build_info/m);
    await renew("second");
    running.kill("SIGHUP");
    await running.says(new RegExp(`SIGHUP: ${words}another certificate for HTTP; another key`));
    await Deno.writeTextFile(`${scratch.folder}/h.crt`, "none");
    running.kill("SIGHUP");
    await running.says(/SIGHUP: nothing is changed.*: \S*h.crt is not PEM/);
    assert.equal(await fetch(`https://${at}/healthz`, { client }).then(statusOf), 200);
    await renew("first");
  }
});

/** The status of a response whose body does not matter. */
async function statusOf(response: Response): Promise<number> {
  await response.body?.cancel();
  return response.status;
}

Deno.test({
  name: "curl reads all of it, compressed and not",
  ignore: !hasProgram("curl"),
  async fn() {
    await using scratch = await Scratch.make();
    const registrar = await scratch.registrar(HTTP);
    const { http: [at] } = await registrar.ready() as WithHttp;
    const rows = [
      [["-sf", "--compressed", "/metrics"], 0, /^rserpool_build_info/m],
      [["-sI", "/api/v1/pools"], 0, /^HTTP\/1.1 200 OK\r\n[^]*content-type: application\/json/],
      [["-sf", "-X", "DELETE", "/api/v1/pools"], 22, /^$/],
      [["-s", "-H", "Host: evil.example", "/"], 0, /^this is for an IP address, for localhost/],
      [["-sN", "-m", "1", "/api/v1/events?after=0"], 28, /^id: 1\ndata: \{"time":/m],
    ] as const;
    for (const [args, code, output] of rows) {
      const words = [...args.slice(0, -1), `http://${at}${args.at(-1)}`];
      const outcome = await scratch.spawn("curl", words).ended;
      assert.equal(outcome.code, code, words.join(" "));
      assert.match(outcome.stdout, output);
    }
  },
});

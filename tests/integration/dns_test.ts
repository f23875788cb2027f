/** `dns` as programs use it that know nothing of RSerPool: dig, dnsmasq, curl. RFC 3237 §2.6. */
import assert from "node:assert/strict";
import { PoolElement } from "../../mod.ts";
import { hasProgram, type Running, Scratch, type StartOptions, until } from "./harness.ts";

const HAS_DIG = hasProgram("dig");
const HAS_DNSMASQ = HAS_DIG && hasProgram("dnsmasq");
/** Whether processes can be given a resolv.conf and a port 53 of their own. */
const HAS_OWN_HOST = ["unshare", "nsenter", "ip", "curl", "dnsmasq"].every(hasProgram) &&
  new Deno.Command("unshare", { args: ["-rnm", "true"] }).outputSync().success;

/** A registrar, and a name server that asks it. */
class House implements AsyncDisposable {
  readonly elements: PoolElement[] = [];

  private constructor(
    readonly scratch: Scratch,
    readonly registrar: Running & { readonly at: { readonly asap: string } },
    readonly dns: Running,
    readonly port: string,
  ) {}

  static async open(options: readonly string[] = []): Promise<House> {
    const scratch = await Scratch.make();
    const registrar = await scratch.registrar();
    const dns = scratch.serve("dns", [
      ...["-r", registrar.at.asap, "--listen", "127.0.0.1:0"],
      ...options,
    ]);
    const { listen, zone, pid } = await dns.ready() as unknown as {
      readonly [key: string]: string;
    };
    assert.equal(zone, "pool.internal");
    assert.equal(pid, dns.pid);
    return new House(scratch, registrar, dns, listen![0]!.split(":")[1]!);
  }

  async register(poolHandle: string, port: number): Promise<PoolElement> {
    const [host, asapPort] = this.registrar.at.asap.split(":");
    const element = new PoolElement({
      registrars: [{ host: host!, port: Number(asapPort) }],
      poolHandle,
      port,
      addresses: ["127.0.0.1"],
    });
    this.elements.push(element);
    await element.register();
    return element;
  }

  async dig(args: readonly string[], port = this.port): Promise<string> {
    const usual = ["@127.0.0.1", "-p", port, "+tries=1", "+time=9", "+nocookie"];
    const { stdout } = await this.scratch.spawn("dig", [...usual, ...args]).ended;
    return stdout.replaceAll("\t", " ");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const element of this.elements) await element[Symbol.asyncDispose]();
    await this.scratch[Symbol.asyncDispose]();
  }
}

const label = ({ identifier }: PoolElement) => identifier.toString(16).padStart(8, "0");

Deno.test({ name: "dig", ignore: !HAS_DIG }, async (t) => {
  await using house = await House.open();
  const web = await house.register("web", 8081);
  await house.register("web", 8082);
  await house.register("My DB", 5432);
  const rows: readonly (readonly [args: string, ...words: RegExp[]])[] = [
    [
      "web.pool.internal",
      /NOERROR/,
      /flags: qr aa rd;/,
      /web\.pool\.internal\. 1 IN A 127\.0\.0\.1/,
    ],
    ["wEb.PooL.internal", /;wEb\.PooL\.internal\. +IN A/, /\nwEb\.PooL\.internal\. 1 IN A/],
    ["web.pool.internal AAAA", /NOERROR/, /ANSWER: 0, AUTHORITY: 1/, /IN SOA x--zone\.pool/],
    ["nobody.pool.internal", /NXDOMAIN/, /ANSWER: 0, AUTHORITY: 1/],
    ["example.com", /REFUSED/],
    ["version.bind CH TXT", /REFUSED/],
    ["web.pool.internal ANY +notcp", /HINFO "RFC8482" ""/],
    ["+opcode=notify pool.internal", /NOTIMP/],
    ["+edns=1 +noednsneg web.pool.internal", /BADVERS/, /EDNS: version: 0, flags:; udp: 1232/],
    ["+ednsopt=65001:c0ffee web.pool.internal", /NOERROR/, /ANSWER: 1/],
    ["+dnssec web.pool.internal", /flags: do; udp: 1232/, /ANSWER: 1/],
    ["+noedns web.pool.internal", /NOERROR/, /ADDITIONAL: 0/],
    ["+tcp web.pool.internal", /NOERROR/, /\(TCP\)/],
    ["+tcp +keepopen web.pool.internal nobody.pool.internal", /NOERROR/, /NXDOMAIN/],
    ["pool.internal NS", /IN NS x--zone\.pool\.internal\./, /x--zone\.pool\.internal\. 1 IN A 127/],
    ["pool.internal AXFR", /Transfer failed/],
    [`${label(web)}.web.pool.internal`, /IN A 127\.0\.0\.1/],
    [
      "_web._tcp.pool.internal SRV",
      /ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 3/,
      new RegExp(`IN SRV 0 1 8081 ${label(web)}\\.web\\.pool\\.internal\\.`),
      new RegExp(`\n${label(web)}\\.web\\.pool\\.internal\\. 1 IN A 127`),
    ],
    ["_x--9lsi0h22._tcp.pool.internal SRV", /IN SRV 0 1 5432/],
  ];
  for (const [args, ...words] of rows) {
    await t.step(args.replace(label(web), "an element"), async () => {
      const text = await house.dig(args.split(" "));
      for (const each of words) assert.match(text, each);
    });
  }
  const { stdout } = await house.scratch.run(["dns", "--name", "My DB"]);
  assert.equal(stdout, "x--9lsi0h22.pool.internal\n");
  assert.equal((await house.dns.stop()).code, 0);
});

Deno.test({ name: "dig: what does not fit is asked for over TCP", ignore: !HAS_DIG }, async () => {
  await using house = await House.open();
  await Promise.all(Array.from({ length: 20 }, (_, i) => house.register("web", 8000 + i)));
  const srv = ["_web._tcp.pool.internal", "SRV"];
  const truncated = await house.dig(["+noedns", "+ignore", ...srv]);
  assert.match(truncated, /flags: qr aa tc rd;/);
  assert.ok(Number(/MSG SIZE +rcvd: (\d+)/.exec(truncated)![1]) <= 512);
  assert.match(await house.dig(["+noedns", ...srv]), /retrying in TCP mode[^]*ANSWER: 20/);
  assert.match(await house.dig(["+bufsize=1232", ...srv]), /ANSWER: 20[^]*\(UDP\)/);
});

Deno.test({ name: "elements that come and go, a registrar too", ignore: !HAS_DIG }, async () => {
  await using house = await House.open(["--stale", "4s", "--retran-max", "1s"]);
  const status = async (...args: string[]) => /status: (\w+)/.exec(await house.dig(args))?.[1];
  const srv = () => house.dig(["+short", "_web._tcp.pool.internal", "SRV"]);
  const first = await house.register("web", 8081);
  assert.match(await srv(), / 8081 /);
  await house.register("web", 8082);
  await until("the second element", async () => / 8082 /.test(await srv()));
  await first.deregister();
  await until("the first one's end", async () => !/ 8081 /.test(await srv()));

  house.registrar.kill("SIGKILL");
  await house.registrar.ended;
  // What was heard last counts until --stale is over; for others nobody can say anything.
  assert.equal(await status("web.pool.internal"), "NOERROR");
  assert.equal(await status("nobody.pool.internal"), "SERVFAIL");
  await until("SERVFAIL", async () => {
    const now = await status("web.pool.internal");
    assert.notEqual(now, "NXDOMAIN");
    return now === "SERVFAIL";
  });
  assert.equal(await status("pool.internal", "SOA"), "NOERROR");

  await house.scratch.registrar(["--asap", house.registrar.at.asap]);
  await until("recovery", async () => await status("web.pool.internal") === "NOERROR");
  // Others than those that are kept fresh are asked about again a second after the last failure.
  await until("NXDOMAIN", async () => await status("nobody.pool.internal") === "NXDOMAIN");
});

Deno.test("a port that is taken is exit 1; without a registrar it serves", async () => {
  await using scratch = await Scratch.make();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const where = `127.0.0.1:${taken.addr.port}`;
  const failed = await scratch.run(["dns", "-r", where, "--listen", where]);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, new RegExp(`cannot listen on tcp:${where}`));
  const lonely = scratch.serve("dns", ["-r", "127.0.0.1:1", "--listen", "127.0.0.1:0"]);
  await lonely.ready();
  assert.equal((await lonely.stop("SIGINT")).code, 0);
});

Deno.test({ name: "a host's name and IPv6, on one port", ignore: !HAS_DIG }, async () => {
  await using scratch = await Scratch.make();
  for (const host of ["localhost", "[::1]"]) {
    const dns = scratch.serve("dns", ["-r", "127.0.0.1:1", "--listen", `${host}:0`]);
    const { listen } = await dns.ready() as unknown as { listen: string[] };
    const [, address, port] = /^\[?(.*?)\]?:(\d+)$/.exec(listen[0]!)!;
    for (const way of ["+notcp", "+tcp"]) {
      const args = [`@${address}`, "-p", port!, way, "pool.internal", "SOA"];
      const { stdout } = await scratch.spawn("dig", args).ended;
      assert.match(stdout, /status: NOERROR/);
    }
    // Whoever asks for a pool learns nothing, and whoever runs it learns why.
    await scratch.spawn("dig", [`@${address}`, "-p", port!, "web.pool.internal"]).ended;
    await dns.says(/warning: no registrar answers/);
  }
});

Deno.test({ name: "dnsmasq forwards the zone", ignore: !HAS_DNSMASQ }, async () => {
  await using house = await House.open();
  const web = await house.register("web", 8081);
  using socket = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = String(socket.addr.port);
  socket.close();
  house.scratch.spawn("dnsmasq", dnsmasq(port, house.port));
  const answer = await until("an answer of dnsmasq", async () => {
    const text = await house.dig(["Web.Pool.Internal"], port);
    return text.includes("NOERROR") && text;
  });
  assert.match(answer, /Web\.Pool\.Internal\. [01] IN A 127\.0\.0\.1/);
  const srv = await house.dig(["_web._tcp.pool.internal", "SRV"], port);
  assert.match(srv, new RegExp(`SRV 0 1 8081 ${label(web)}\\.web`));
  assert.match(await house.dig(["nobody.pool.internal"], port), /NXDOMAIN/);
});

/** In the foreground, for the zone alone, and nothing of this host's configuration. */
function dnsmasq(port: string, upstream: string): string[] {
  return [
    ...["--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts"],
    ...["--pid-file", "--listen-address=127.0.0.1"],
    ...["--bind-interfaces", `--port=${port}`, `--server=/pool.internal/127.0.0.1#${upstream}`],
  ];
}

Deno.test({ name: "curl, on a host that asks dnsmasq", ignore: !HAS_OWN_HOST }, async () => {
  await using scratch = await Scratch.make();
  const resolvConf = `${scratch.folder}/resolv.conf`;
  await Deno.writeTextFile(resolvConf, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
  const setup = `set -e; ip link set lo up; mount --bind "$0" /etc/resolv.conf
    echo ready; exec sleep infinity`;
  const host = scratch.spawn("unshare", ["-rnm", "sh", "-c", setup, resolvConf]);
  await host.prints(/ready/);
  const enter = ["-t", `${host.pid}`, "-U", "-n", "-m", "--preserve-credentials"];
  const there: StartOptions = { within: ["nsenter", ...enter] };
  scratch.serve("registrar", ["--asap", "127.0.0.1:3863", "--enrp", "127.0.0.1:9901"], there);
  const server = `import { createServer } from "node:http";
    createServer((_, answer) => answer.end("from the pool\\n")).listen(8081, "127.0.0.1");`;
  await Deno.writeTextFile(`${scratch.folder}/server.mjs`, server);
  const web = scratch.serve(
    "register",
    ["web", "--port", "8081", "--", "deno", "run", "-A", `${scratch.folder}/server.mjs`],
    there,
  );
  await web.ready();
  const dns = scratch.serve("dns", [], there);
  await dns.ready();
  scratch.spawn("dnsmasq", dnsmasq("53", "8600"), there);
  const page = await until("curl's page", async () => {
    const curl = scratch.spawn("curl", ["-sS", "http://web.pool.internal:8081/"], there);
    return (await curl.ended).stdout || undefined;
  });
  assert.equal(page, "from the pool\n");
});

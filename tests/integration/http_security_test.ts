/** No side door round what the section `security:` says of reading. docs/security.md. */

import assert from "node:assert/strict";
import { HTTP_LIMITS } from "../../cli/http/limits.ts";
import { FEED_LIMITS } from "../../cli/events/event_feed.ts";
import { HttpConnection } from "../cli/http/http_connection.ts";
import { type Authority, type Issued, makeAuthority, REGISTRAR } from "../net/certificates.ts";
import { type Ready, type Running, Scratch } from "./harness.ts";

type Secured = Ready & Readonly<Record<"asapTls" | "http", readonly string[]>>;

/** An address of this host that is not the loopback's: what others would reach. */
const OUTSIDE = Deno.networkInterfaces().find(({ family, address }) =>
  family === "IPv4" && !address.startsWith("127.")
)?.address;

const sectionOf = (operator: string) =>
  `security:
  identities:
    - {certificate: web-1, register: [web], addresses: 127.0.0.0/8}
    - {certificate: reader, read: [other]}
    - {certificate: ${operator}, operate: true}
`;

/** A secured registrar, which is read over HTTP from this host and from others. */
class House implements AsyncDisposable {
  registrar!: Running;
  /** Plain on the loopback, TLS outside. */
  inside!: string;
  outside!: string;
  private readonly clients: Deno.HttpClient[] = [];

  private constructor(
    readonly scratch: Scratch,
    readonly authority: Authority,
    readonly foreign: Authority,
  ) {}

  static async open(): Promise<House> {
    const scratch = await Scratch.make();
    const house = new House(scratch, await makeAuthority(), await makeAuthority());
    await house.write("ca.pem", house.authority.ca.text);
    await house.issue("r", { names: ["r1"], ips: ["127.0.0.1", OUTSIDE!], uris: [REGISTRAR] });
    await house.issue("web-1", { names: ["web-1"] });
    await house.write("s.yaml", sectionOf("oncall"));
    const own = ["--ca", "ca.pem", "--cert", "r.crt", "--key", "r.key", "--config", "s.yaml"];
    const anywhere = ["asap", "enrp", "asap-tls", "enrp-tls", "http"].flatMap((name) => [
      `--${name}`,
      "127.0.0.1:0",
    ]);
    const http = ["--http", `${OUTSIDE}:0`];
    house.registrar = scratch.serve("registrar", ["-v", ...own, ...anywhere, ...http]);
    const { asapTls, http: [inside, outside] } = await house.registrar.ready() as Secured;
    house.inside = inside!;
    house.outside = outside!;
    const element = ["web", "--port", "9", "--check", "none", "-r", asapTls[0]!];
    const proof = ["--ca", "ca.pem", "--cert", "web-1.crt", "--key", "web-1.key"];
    await scratch.serve("register", [...element, ...proof]).ready();
    return house;
  }

  async write(name: string, text: string): Promise<void> {
    await Deno.writeTextFile(`${this.scratch.folder}/${name}`, text, { mode: 0o600 });
  }

  async issue(name: string, wish: Parameters<Authority["issue"]>[0]): Promise<Issued> {
    const issued = await this.authority.issue(wish);
    await this.write(`${name}.crt`, issued.cert.text);
    await this.write(`${name}.key`, issued.key.text);
    return issued;
  }

  /** Somebody with a certificate of an authority; without a name: without one. */
  async client(name?: string, authority = this.authority): Promise<Deno.HttpClient> {
    const caCerts = [this.authority.ca.text];
    const issued = name === undefined ? undefined : await authority.issue({ names: [name] });
    const own = issued && { cert: issued.cert.text, key: issued.key.text };
    const client = Deno.createHttpClient({ caCerts, ...own });
    this.clients.push(client);
    return client;
  }

  /** What somebody gets from outside. */
  async get(client: Deno.HttpClient, path: string) {
    const response = await fetch(`https://${this.outside}${path}`, { client });
    return { status: response.status, text: await response.text() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.clients) client.close();
    await this.scratch[Symbol.asyncDispose]();
  }
}

/** The status of a response whose body does not matter. */
async function statusOf(response: Response): Promise<number> {
  await response.body?.cancel();
  return response.status;
}

const ignore = OUTSIDE === undefined;
const SECRET_PATHS = [
  "/",
  "/metrics",
  "/api/v1/registrar",
  "/api/v1/peers",
  "/api/v1/pools",
  "/api/v1/events",
];

Deno.test({
  name: "from outside: health for everybody, all else as ENRP allows an observer",
  ignore,
  async fn() {
    await using house = await House.open();
    const [nobody, element, reader, operator] = await Promise.all(
      [undefined, "web-1", "reader", "oncall"].map((name) => house.client(name)),
    );
    const foreign = await house.client("oncall", house.foreign);
    for (const client of [nobody!, element!, foreign]) {
      assert.deepEqual(await house.get(client, "/healthz"), { status: 200, text: "ok\n" });
      assert.deepEqual(await house.get(client, "/readyz"), { status: 200, text: "serving\n" });
      for (const path of SECRET_PATHS) {
        const { status, text } = await house.get(client, path);
        assert.equal(status, 403, path);
        assert.doesNotMatch(text, /\bweb\b(?!-1)/, "nothing of what is there is told");
      }
    }
    const words = async (client: Deno.HttpClient) => (await house.get(client, "/metrics")).text;
    assert.match(await words(nobody!), /^whoever shows no certificate may not read/);
    assert.match(await words(element!), /^certificate:web-1 may not read the handle table/);
    assert.match(await words(foreign), /^your certificate is not believed: .*/);

    const { status, text } = await house.get(reader!, "/api/v1/pools?pool=web");
    assert.equal(status, 200);
    assert.deepEqual([JSON.parse(text).total, JSON.parse(text).pools], [0, []]);
    const page = await house.get(reader!, "/");
    assert.equal(page.status, 200);
    assert.doesNotMatch(page.text, /\bweb\b|\bweb-1\b/);
    for (const path of SECRET_PATHS.filter((path) => !["/", "/api/v1/pools"].includes(path))) {
      assert.equal((await house.get(reader!, path)).status, 403, path);
    }
    const pools = JSON.parse((await house.get(operator!, "/api/v1/pools")).text);
    assert.deepEqual([pools.total, pools.pools[0].poolHandle], [1, "web"]);
    assert.equal(pools.pools[0].poolElements[0].identity, "certificate:web-1");
    assert.equal((await house.get(operator!, "/metrics")).status, 200);
    // The loopback is this host's own.
    assert.equal((await fetch(`http://${house.inside}/healthz`)).status, 200);
  },
});

Deno.test({
  name: "SIGHUP: who may read no longer is cut off, with what it follows; others are not",
  ignore,
  async fn() {
    await using house = await House.open();
    const [before, after] = [await house.client("oncall"), await house.client("deputy")];
    const following = await fetch(`https://${house.outside}/api/v1/events`, { client: before });
    const followed = following.text().catch(() => "cut off");
    assert.equal((await house.get(after, "/metrics")).status, 403);
    await house.write("s.yaml", sectionOf("deputy"));
    const renewed = { names: ["r1"], ips: ["127.0.0.1", OUTSIDE!], uris: [REGISTRAR] };
    await house.issue("r", { ...renewed, subject: "renewed" });
    house.registrar.kill("SIGHUP");
    const [told] = await house.registrar.says(/SIGHUP: read anew.*\n/);
    assert.match(told, /other permissions/);
    assert.match(told, /another certificate for HTTP; another key for HTTP/);
    await followed;
    assert.equal((await house.get(before, "/metrics")).status, 403);
    assert.equal((await house.get(after, "/metrics")).status, 200);
    await house.write("r.key", "no key");
    house.registrar.kill("SIGHUP");
    await house.registrar.says(/SIGHUP: nothing is changed: /);
    assert.equal((await house.get(after, "/metrics")).status, 200);
  },
});

Deno.test({
  name: "plain text to the port of TLS is told nothing, and stops nobody",
  ignore,
  async fn() {
    await using house = await House.open();
    const plain = await HttpConnection.to(house.outside);
    await plain.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert.doesNotMatch(await plain.rest(), /rserpool/);
    plain.close();
    assert.equal((await house.get(await house.client("oncall"), "/metrics")).status, 200);
  },
});

Deno.test({
  name: "handshakesPerSecond, handshakeBurstSeconds: one address does not take all the time",
  ignore,
  async fn() {
    await using house = await House.open();
    const { handshakesPerSecond, handshakeBurstSeconds } = HTTP_LIMITS;
    const most = handshakesPerSecond * handshakeBurstSeconds;
    const [hostname, port] = house.outside.split(":") as [string, string];
    const caCerts = [house.authority.ca.text];
    let admitted = 0;
    let isRefused = false;
    while (!isRefused && admitted < 20 * most) {
      const tls = await Deno.connectTls({ hostname, port: Number(port), caCerts });
      isRefused = await tls.handshake().then(() => false, () => true);
      tls.close();
      admitted++;
    }
    assert.ok(isRefused && admitted >= most, `of ${admitted} the last one: ${isRefused}`);
    assert.equal(await fetch(`http://${house.inside}/readyz`).then(statusOf), 200);
  },
});

Deno.test("a page of somebody else's, whose name leads here, gets nothing", async () => {
  await using scratch = await Scratch.make();
  const registrar = await scratch.registrar(["--http", "127.0.0.1:0"]);
  const { http: [at] } = await registrar.ready() as Secured;
  for (const path of SECRET_PATHS) {
    const connection = await HttpConnection.to(at!);
    await connection.send(
      `GET ${path} HTTP/1.1\r\nHost: evil.example:80\r\nConnection: close\r\n\r\n`,
    );
    assert.match(await connection.rest(), /^HTTP\/1.1 421 /);
    connection.close();
  }
});

Deno.test("a thousand want to follow the events: as many do as may, and it serves on", async () => {
  await using scratch = await Scratch.make();
  const registrar = await scratch.registrar(["--http", "127.0.0.1:0"]);
  const { http: [at] } = await registrar.ready() as Secured;
  const connections: HttpConnection[] = [];
  for (let i = 0; i < 1000; i++) connections.push(await HttpConnection.to(at!));
  const answers = await Promise.all(connections.map(async (connection) => {
    await connection.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n").catch(() => {});
    return await connection.until(/retry: 2000|already/);
  }));
  const count = (words: RegExp) => answers.filter((answer) => words.test(answer)).length;
  const { connections: most } = HTTP_LIMITS;
  assert.equal(count(/^HTTP\/1.1 200 /), FEED_LIMITS.readers);
  assert.equal(count(/^HTTP\/1.1 503 /), most - FEED_LIMITS.readers);
  assert.equal(count(/^$/), 1000 - most, "the others are closed");
  const { code } = await scratch.run(["status", "--enrp-registrar", registrar.at.enrp]);
  assert.equal(code, 0);
  for (const connection of connections) connection.close();
  assert.equal((await registrar.stop()).code, 0);
});

Deno.test("requests without an end take connections of HTTP, and no others", async () => {
  await using scratch = await Scratch.make();
  const registrar = await scratch.registrar(["--http", "127.0.0.1:0"]);
  const { http: [at] } = await registrar.ready() as Secured;
  const slow: HttpConnection[] = [];
  for (let i = 0; i < 2 * HTTP_LIMITS.connections; i++) {
    const connection = await HttpConnection.to(at!);
    await connection.send("GET / HTTP/1.1\r\nX: ").catch(() => {});
    slow.push(connection);
  }
  const { code } = await scratch.run(["status", "--enrp-registrar", registrar.at.enrp]);
  assert.equal(code, 0);
  assert.equal((await registrar.stop()).code, 0);
  for (const connection of slow) connection.close();
});

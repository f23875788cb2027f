/** How the options of TLS go together, and what clients of registrars are made of then. */

import assert from "node:assert/strict";
import type { Api, Attempt, DiscoverSettings } from "../../cli/api.ts";
import { RegistrarUnreachable, ResolutionRejected } from "../../lib/driver/mod.ts";
import { CredentialsInvalid } from "../../lib/net/mod.ts";
import { ELEMENT, resolutionOf } from "./elements.ts";
import { FakeWorld, type Given, run, runIn } from "./fake_world.ts";

const PEM = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
const KEY = "00112233445566778899aabbccddeeff";
const FILES = {
  "ca.pem": PEM,
  "e.pem": PEM,
  "e.key": PEM,
  "/etc/own/ca.pem": PEM,
  "web.psk": `web-1:${KEY}\n`,
  "bare.psk": `${KEY}\n`,
  "two.psk": `web-1:${KEY}\nweb-2:${KEY}\n`,
};

/** What transports were asked for. */
class FakeTransports {
  readonly made: { kind: string; credentials: Record<string, unknown> }[] = [];
  failure: Error | undefined;
  warnings: string[] = [];
  readonly replaced: Record<string, unknown>[] = [];

  readonly api = {
    certificateTransport: (credentials: Record<string, unknown>) =>
      this.make("certificate", credentials),
    pskTransport: (credentials: Record<string, unknown>) => this.make("psk", credentials),
    certificateWarnings: () => Promise.resolve(this.warnings),
  } as unknown as Partial<Api>;

  private make(kind: string, credentials: Record<string, unknown>) {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.made.push({ kind, credentials });
    const replace = (credentials: Record<string, unknown>) => {
      this.replaced.push(credentials);
      return Promise.resolve();
    };
    return Promise.resolve({ kind, replace });
  }
}

const user: Given["user"] = { resolve: () => Promise.resolve(resolutionOf(ELEMENT)) };
const observer: Given["observer"] = {
  status: () =>
    Promise.resolve({ identifier: 1, address: { host: "192.0.2.1", port: 9901 }, serves: true }),
};

async function ask(line: string, given: Given = {}) {
  const transports = new FakeTransports();
  const files = { ...FILES, ...given.files };
  const ran = await run(line, { user, observer, ...given, files, api: transports.api });
  const [settings] = ran.world.made;
  const { registrars = [] } = (settings ?? {}) as { registrars?: { port: number }[] };
  return { ...ran, transports: transports.made, settings, port: registrars[0]?.port };
}

Deno.test("without any of the options a client has plain TCP", async () => {
  const { port, transports, settings } = await ask("resolve web");
  assert.equal(port, 3863);
  assert.deepEqual(transports, []);
  assert.equal("transport" in settings!, false);
});

Deno.test("certificates: the ports of TLS, and the files as they are", async () => {
  const { port, transports, settings, stderr } = await ask("resolve web --ca ca.pem");
  assert.equal(port, 3864, stderr);
  assert.equal((settings!.transport as { kind: string }).kind, "certificate");
  assert.deepEqual(transports, [{
    kind: "certificate",
    credentials: { ca: { path: "ca.pem", text: PEM }, serverName: undefined },
  }]);
  assert.equal((await ask("status --ca ca.pem")).port, 9902);
  const all = "--tls --ca ca.pem --cert e.pem --key e.key --server-name R1.example.org";
  const { transports: [own] } = await ask(`${all} resolve web -r 192.0.2.1:7`);
  assert.deepEqual(own!.credentials, {
    ca: { path: "ca.pem", text: PEM },
    cert: { path: "e.pem", text: PEM },
    key: { path: "e.key", text: PEM },
    serverName: "R1.example.org",
  });
});

Deno.test("pre-shared keys: ports of their own, and the key of the identity", async () => {
  const own = { identity: "web-1", key: Uint8Array.fromHex(KEY) };
  const lines = [
    "resolve web --psk-file web.psk",
    "resolve web --psk-file two.psk --psk-identity web-1",
    "resolve web --psk-file bare.psk --psk-identity web-1",
  ];
  for (const line of lines) {
    const { port, transports, stderr } = await ask(line);
    assert.equal(port, 13_864, stderr);
    assert.deepEqual(transports, [{ kind: "psk", credentials: { own } }]);
  }
  assert.equal((await ask("status --psk-file web.psk")).port, 19_902);
});

Deno.test("announcements that name no address are of those that are secured alike", async () => {
  const usual = async (line: string) => {
    const { settings } = await ask(`${line} --discover`);
    return (settings as { discover: DiscoverSettings }).discover.usualPorts;
  };
  assert.equal(await usual("resolve web"), undefined);
  assert.deepEqual(await usual("resolve web --ca ca.pem"), { ASAP: 3864, ENRP: 9902 });
  assert.deepEqual(await usual("status --psk-file web.psk"), { ASAP: 13_864, ENRP: 19_902 });
});

Deno.test("the stronger source decides what secures it; no TLS is a decision, too", async () => {
  const certificate = { RSERPOOL_CA: "ca.pem" };
  const psk = { RSERPOOL_PSK_FILE: "web.psk" };
  const config = { RSERPOOL_CONFIG: "/etc/own/c.yaml" };
  const withFile = (text: string, env = {}) => ({
    files: { "/etc/own/c.yaml": text },
    env: { ...config, ...env },
  });
  const cases: [line: string, given: Given, port: number][] = [
    ["", { env: certificate }, 3864],
    ["", { env: psk }, 13_864],
    ["--no-tls", { env: certificate }, 3863],
    ["--no-tls", { env: psk }, 3863],
    ["--no-tls", withFile("ca: ca.pem\n"), 3863],
    ["--psk-file web.psk", { env: certificate }, 13_864],
    ["--ca ca.pem", { env: psk }, 3864],
    ["", { env: { ...certificate, RSERPOOL_TLS: "0" } }, 3863],
    ["--tls", { env: { ...certificate, RSERPOOL_TLS: "0" } }, 3864],
    ["--ca ca.pem", { env: { RSERPOOL_TLS: "0" } }, 3864],
    ["", withFile("tls: false\nca: ca.pem\n"), 3863],
    ["", withFile("ca: ca.pem\n", { RSERPOOL_TLS: "false" }), 3863],
    ["", withFile("ca: ca.pem\n"), 3864],
    ["", withFile("client:\n  ca: ca.pem\n"), 3864],
    ["", withFile("ca: missing.pem\nclient:\n  ca: ca.pem\n"), 3864],
    ["--tls", withFile("psk-file: web.psk\nca: ca.pem\ntls: false\n"), 3864],
  ];
  for (const [line, given, port] of cases) {
    const { port: asked, stderr } = await ask(`resolve web ${line}`, given);
    assert.equal(asked, port, `${line} ${JSON.stringify(given)} ${stderr}`);
  }
});

Deno.test("a path in the configuration file is relative to that file", async () => {
  const given = { files: { "/etc/own/c.yaml": "ca: ca.pem\n" } };
  const { transports } = await ask("resolve web --config /etc/own/c.yaml", given);
  assert.deepEqual(transports[0]!.credentials.ca, { path: "/etc/own/ca.pem", text: PEM });
  const absolute = { files: { "conf/c.yaml": "ca: /etc/own/ca.pem\ncert: e.pem\nkey: e.key\n" } };
  const { code, stderr } = await ask("resolve web --config conf/c.yaml", absolute);
  assert.equal(code, 2);
  assert.match(stderr, /cannot read the certificate conf\/e\.pem: no such file/);
});

const WRONG: [line: string, words: RegExp, given?: Given][] = [
  ["--tls", /^rserpool: TLS needs --ca FILE: the certificate of who is trusted\n$/],
  ["--server-name r1", /TLS needs --ca FILE/],
  ["--cert e.pem --key e.key", /TLS needs --ca FILE/],
  ["--ca ca.pem --cert e.pem", /--cert needs --key, too/],
  ["--ca ca.pem --key e.key", /--key needs --cert, too/],
  ["--ca ca.pem --psk-file web.psk", /--ca and --psk-file exclude each other/],
  ["--tls --psk-file web.psk", /--tls and --psk-file exclude each other/],
  ["--no-tls --ca ca.pem", /--no-tls and --ca exclude each other/],
  ["--no-tls --tls", /--no-tls and --tls exclude each other/],
  ["--no-tls --psk-file web.psk", /--no-tls and --psk-file exclude each other/],
  ["", /--ca and --psk-file exclude each other/, {
    env: { RSERPOOL_CA: "ca.pem", RSERPOOL_PSK_FILE: "web.psk" },
  }],
  ["", /RSERPOOL_TLS: "maybe" is not 1, 0, true or false/, { env: { RSERPOOL_TLS: "maybe" } }],
  ["--psk-identity web-1", /--psk-identity needs --psk-file, too/],
  ["--psk-file two.psk", /two\.psk has 2 identities: say which one by --psk-identity/],
  ["--psk-file bare.psk", /bare\.psk has no identity: say which one by --psk-identity/],
  ["--psk-file web.psk --psk-identity x", /web\.psk has no key for the identity "x"/],
  ["--psk-file none.psk", /cannot read the pre-shared keys none\.psk: no such file/],
  ["--ca none.pem", /cannot read the trusted certificates none\.pem: no such file/],
  ["--ca ca.pem --cert none --key e.key", /cannot read the certificate none: no such file/],
  ["--ca ca.pem --cert e.pem --key none", /cannot read the private key none: no such file/],
  ["--ca web.psk", /web\.psk is not PEM: it has no line that begins with -----BEGIN/],
  ["--ca ca.pem --server-name a/b", /--server-name: "a\/b" is not a host name or IP address/],
  ["--ca long.pem", /long\.pem is longer than 1048576 bytes/, {
    files: { "long.pem": PEM.padEnd(1_048_577, "\n") },
  }],
  ["--ca ca.pem --cert e.pem --key open.key", /open\.key has mode 0644: .* do chmod 600 open/, {
    files: { "open.key": PEM },
    modes: { "open.key": 0o644 },
  }],
];

for (const [line, words, given = {}] of WRONG) {
  Deno.test(`exit 2: ${JSON.stringify(given.env ?? {})} resolve web ${line}`, async () => {
    for (const command of ["resolve web", "status"]) {
      const { code, stdout, stderr, world } = await ask(`${command} ${line}`, given);
      assert.equal(code, 2, stderr);
      assert.match(stderr, words);
      assert.equal(stderr.split("\n").length, 2, "one line");
      assert.equal(stdout, "");
      assert.deepEqual(world.made, [], "nothing was sent");
      assert.doesNotMatch(stderr, new RegExp(KEY), "no key is told");
    }
  });
}

Deno.test("what a transport says of a file is exit 2, and names the file", async () => {
  const transports = new FakeTransports();
  transports.failure = new CredentialsInvalid("e.pem", "it is not the certificate of the key");
  const { code, stderr } = await run("resolve web --ca ca.pem --cert e.pem --key e.key", {
    files: FILES,
    api: transports.api,
  });
  assert.equal(code, 2);
  assert.equal(stderr, "rserpool: e.pem: it is not the certificate of the key\n");
});

Deno.test("exit 6 if none that was reached could be authenticated, else 4", async () => {
  const failed = (reason: "security" | "refused" | "silent" | "garbage", detail?: string) => ({
    address: { host: "192.0.2.1", port: 3864 },
    reason,
    detail,
  });
  const expired = failed("security", "the certificate of r1 in 192.0.2.1 expired yesterday");
  const cases = [
    [[expired], 6],
    [[expired, failed("refused")], 6],
    [[failed("refused")], 4],
    [[expired, failed("silent")], 4],
    [[], 4],
  ] as const;
  for (const [attempts, code] of cases) {
    const given: Given = {
      user: { resolve: () => Promise.reject(new RegistrarUnreachable(attempts)) },
    };
    const ran = await ask("resolve web --ca ca.pem", given);
    assert.equal(ran.code, code, ran.stderr);
    const tells = /192\.0\.2\.1:3864: cannot be trusted \(the certificate of r1 .* yesterday\)/;
    if (code === 6) assert.match(ran.stderr, tells);
  }
});

Deno.test("who asks at a port of something else is told so", async () => {
  const at = (port: number, reason: "garbage" | "closed" | "security" | "refused") => ({
    user: {
      resolve: () =>
        Promise.reject(
          new RegistrarUnreachable([{ address: { host: "192.0.2.1", port }, reason }]),
        ),
    },
  });
  const cases: [line: string, given: Given, words: RegExp | undefined][] = [
    ["", at(3864, "garbage"), /3864 is a usual port of TLS with certificates \(--ca\), and this/],
    ["", at(13_864, "closed"), /13864 is a usual port of TLS with pre-shared keys \(--psk-file\)/],
    ["--ca ca.pem", at(3863, "security"), /3863 is a usual port without TLS, and this asks of TLS/],
    ["--psk-file web.psk", at(3864, "security"), /3864 is a usual port of TLS with certificates/],
    ["--ca ca.pem", at(9902, "security"), /9902 is the usual port of ENRP, and this asks in ASAP/],
    ["--ca ca.pem", at(3864, "security"), undefined],
    ["", at(3864, "refused"), undefined],
    ["", at(4000, "closed"), /; a port with TLS ends it so: if that is one, give --ca FILE or --/],
    ["", at(4000, "garbage"), undefined],
    ["", at(3863, "closed"), undefined],
    ["--ca ca.pem", at(4000, "closed"), undefined],
  ];
  for (const [line, given, words] of cases) {
    const { stderr } = await ask(`resolve web ${line}`, given);
    if (words === undefined) assert.doesNotMatch(stderr, /usual port|with TLS ends/);
    else assert.match(stderr, words);
  }
});

Deno.test("a registrar that hangs up on the certificate of this side is exit 6, too", async () => {
  const address = { host: "192.0.2.1", port: 3864 };
  const doubt = { address, reason: "closed", detail: "before it said anything" } as const;
  const given = (...attempts: readonly Attempt[]): Given => ({
    user: { resolve: () => Promise.reject(new RegistrarUnreachable(attempts)) },
  });
  const own = "resolve web --ca ca.pem --cert e.pem --key e.key";
  assert.equal((await ask(own, given(doubt))).code, 6);
  assert.equal((await ask(own, given(doubt, { address, reason: "refused" }))).code, 6);
  assert.equal((await ask(own, given(doubt, { address, reason: "silent" }))).code, 4);
  assert.equal((await ask(own, given({ address, reason: "closed" }))).code, 4);
  assert.equal((await ask("resolve web --ca ca.pem", given(doubt))).code, 4, "it showed none");
});

Deno.test("who is refused is told what there is to do", async () => {
  const causes = [{ code: 0xa, information: new Uint8Array() }];
  const given: Given = {
    user: { resolve: () => Promise.reject(new ResolutionRejected("web", causes)) },
  };
  const cases = {
    "": /security considerations; it was asked without TLS \(--ca FILE or --psk-file FILE\)\n$/,
    "--ca ca.pem": /considerations; no certificate was shown \(--cert FILE and --key FILE\)\n$/,
    "--ca ca.pem --cert e.pem --key e.key": /in its section security:, and why not in its log\n$/,
    "--psk-file web.psk": /in its section security:, and why not in its log\n$/,
  };
  for (const [line, words] of Object.entries(cases)) {
    const { code, stderr } = await ask(`resolve web ${line}`, given);
    assert.equal(code, 6);
    assert.match(stderr, words);
  }
});

Deno.test("what is wrong with the certificates is a warning", async () => {
  const { transports, ...api } = fakes();
  transports.warnings.push("e.pem: it expires tomorrow");
  const { code, stderr } = await run("resolve web --ca ca.pem", { user, files: FILES, ...api });
  assert.equal(code, 0);
  assert.equal(stderr, "rserpool: warning: e.pem: it expires tomorrow\n");
});

Deno.test("SIGHUP: resolve --watch reads its certificates anew, or keeps the old", async () => {
  const { transports, ...api } = fakes();
  const watching = Promise.withResolvers<void>();
  const files: Record<string, string> = { ...FILES };
  const world = new FakeWorld({
    ...api,
    files,
    user: {
      async *watch(_, { signal } = {}) {
        watching.resolve();
        await new Promise((_, reject) => signal!.addEventListener("abort", reject));
        yield undefined as never;
      },
    },
  });
  const ended = runIn(world, "resolve web --watch --ca ca.pem");
  await watching.promise;
  const reloaded = world.says(/notice: SIGHUP: certificates and keys are read anew/);
  files["ca.pem"] = `${PEM}\n`;
  world.signal("SIGHUP");
  await reloaded;
  assert.deepEqual(transports.replaced, [
    { ca: { path: "ca.pem", text: `${PEM}\n` }, serverName: undefined },
  ]);
  const refused = world.says(/error: SIGHUP: nothing is changed: cannot read the trusted certific/);
  delete files["ca.pem"];
  world.signal("SIGHUP");
  await refused;
  assert.equal(transports.replaced.length, 1);
  world.signal("SIGTERM");
  assert.equal(await ended, 0);
  assert.equal(world.handlers.get("SIGHUP")!.size, 0, "nothing is left");
});

function fakes() {
  const transports = new FakeTransports();
  return { transports, api: transports.api };
}

/** A secured registrar on the command line: what makes one, and what SIGHUP changes. */

import assert from "node:assert/strict";
import type { RegistrarEvent } from "../../cli/api.ts";
import { CredentialsInvalid } from "../../lib/net/mod.ts";
import { FakeRegistrar } from "./fake_registrar.ts";
import { FakeWorld, type Given, runIn } from "./fake_world.ts";

const PEM = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
const KEY = "00112233445566778899aabbccddeeff";
const OTHER = "ffeeddccbbaa99887766554433221100";
const SECTION = `security:
  identities:
    - psk: web-1
      register: web
    - certificate: r2.example.org
      registrar: true
  psk-keys: keys.psk
  psk-peers:
    192.0.2.2: {identity: r1-to-r2, file: r2.psk}
`;
const WITHOUT_KEYS = "security:\n  identities: []\n";

type Files = Record<string, string>;

const filesOf = (section: string, own: Files = {}): Files => ({
  "ca.pem": PEM,
  "r.pem": PEM,
  "r.key": PEM,
  "/conf/c.yaml": section,
  "/conf/keys.psk": `web-1:${KEY}\nweb-2:${KEY}\n`,
  "/conf/r2.psk": `r1-to-r2:${KEY}\n`,
  ...own,
});

const CERTIFICATES = "--ca ca.pem --cert r.pem --key r.key";
const ADDRESS = { host: "127.0.0.1", port: 1 };

async function serve(line: string, given: Given = {}) {
  const registrar = new FakeRegistrar();
  registrar.listening = { asapTls: [ADDRESS], enrpPsk: [ADDRESS, { host: "::1", port: 2 }] };
  const files = given.files ?? filesOf(SECTION);
  const world = new FakeWorld({ api: registrar.api, ...given, files });
  const serves = world.says(/serves ASAP/);
  const ended = runIn(world, `registrar ${line}`);
  const code = await Promise.race([serves, ended]);
  const stop = async () => {
    world.signal("SIGTERM");
    assert.equal(await ended, 0);
  };
  return { registrar, world, files: files as Files, code, stop };
}

Deno.test("certificates and keys: it listens over TLS on the loopback, unless told", async () => {
  const { registrar, stop } = await serve(`--config /conf/c.yaml ${CERTIFICATES}`);
  const { asap, enrp, asapTls, enrpTls, asapPsk, enrpPsk, security } = registrar.settings[0]!;
  const at = (port: number, host = "127.0.0.1") => [{ host, port }];
  assert.deepEqual({ asap, enrp }, { asap: at(3863), enrp: at(9901) }, "these refuse");
  assert.deepEqual({ asapTls, enrpTls }, { asapTls: at(3864), enrpTls: at(9902) });
  assert.deepEqual({ asapPsk, enrpPsk }, { asapPsk: at(13_864), enrpPsk: at(19_902) });
  assert.deepEqual(security!.certificates, {
    ca: { path: "ca.pem", text: PEM },
    cert: { path: "r.pem", text: PEM },
    key: { path: "r.key", text: PEM },
  });
  const key = Uint8Array.fromHex(KEY);
  assert.deepEqual(security!.psk, {
    accepted: new Map([["web-1", key], ["web-2", key]]),
    peers: new Map([["192.0.2.2:19902", { identity: "r1-to-r2", key }]]),
  });
  assert.deepEqual(security!.permissions, {
    read: undefined,
    identities: [
      { proofs: [{ kind: "psk", name: "web-1" }], register: ["web"] },
      { proofs: [{ kind: "certificate", name: "r2.example.org" }], registrar: true },
    ],
  });
  assert.equal(security!.allowInsecureResolution, false);
  await stop();
});

Deno.test("its own listeners, and what peers and announcements are told", async () => {
  const line = "--asap-tls 192.0.2.1 --asap-tls [::1]:0 --enrp-tls 192.0.2.1:7 --asap-psk h " +
    "--enrp-psk h:8 --allow-insecure-resolution --advertise-asap 192.0.2.9 " +
    "--advertise-enrp 192.0.2.9:5 --peer 192.0.2.2 --peer r3 --peer r4:6";
  const { registrar, stop } = await serve(`--config /conf/c.yaml ${CERTIFICATES} ${line}`);
  const { asapTls, enrpTls, asapPsk, enrpPsk, security, ...settings } = registrar.settings[0]!;
  assert.deepEqual({ asapTls, enrpTls, asapPsk, enrpPsk }, {
    asapTls: [{ host: "192.0.2.1", port: 3864 }, { host: "::1", port: 0 }],
    enrpTls: [{ host: "192.0.2.1", port: 7 }],
    asapPsk: [{ host: "h", port: 13_864 }],
    enrpPsk: [{ host: "h", port: 8 }],
  });
  assert.equal(security!.allowInsecureResolution, true);
  assert.deepEqual(settings.advertiseAsap, { host: "192.0.2.9", port: 3864 });
  assert.deepEqual(settings.advertiseEnrp, { host: "192.0.2.9", port: 5 });
  assert.deepEqual(settings.mentors, [
    { host: "192.0.2.2", port: 19_902 },
    { host: "r3", port: 9902 },
    { host: "r4", port: 6 },
  ]);
  await stop();
});

Deno.test("its own address among the peers needs no key, as it is not dialled", async () => {
  const peers = "--peer 192.0.2.1 --peer 192.0.2.2";
  const { registrar, stop } = await serve(`--config /conf/c.yaml --enrp-psk 192.0.2.1 ${peers}`);
  assert.deepEqual(registrar.settings[0]!.mentors, [{ host: "192.0.2.2", port: 19_902 }]);
  await stop();
});

Deno.test("it finds announced peers at the ports of TLS", async () => {
  for (const [more, ASAP, ENRP] of [[CERTIFICATES, 3864, 9902], ["", 13_864, 19_902]] as const) {
    const { registrar, stop } = await serve(`--config /conf/c.yaml --announce ${more}`);
    assert.deepEqual(registrar.settings[0]!.announce!.usualPorts, { ASAP, ENRP });
    await stop();
  }
});

Deno.test("one kind of credentials opens one kind of listeners", async () => {
  const keys = await serve("--config /conf/c.yaml --peer 192.0.2.2");
  const { asapTls, enrpTls, asapPsk, mentors } = keys.registrar.settings[0]!;
  assert.deepEqual({ asapTls, enrpTls }, { asapTls: [], enrpTls: [] });
  assert.equal(asapPsk!.length, 1);
  assert.deepEqual(mentors, [{ host: "192.0.2.2", port: 19_902 }]);
  await keys.stop();
  const files = filesOf(WITHOUT_KEYS);
  const certificates = await serve(`--config /conf/c.yaml ${CERTIFICATES}`, { files });
  const settings = certificates.registrar.settings[0]!;
  assert.deepEqual([settings.asapPsk, settings.enrpPsk, settings.security!.psk], [
    [],
    [],
    undefined,
  ]);
  await certificates.stop();
});

Deno.test("certificates may stand in the file, but those of clients are not its own", async () => {
  const files = filesOf(`ca: ca.pem\ncert: r.pem\nkey: r.key\n${WITHOUT_KEYS}`, {
    "/conf/ca.pem": PEM,
    "/conf/r.pem": PEM,
    "/conf/r.key": PEM,
  });
  const { registrar, stop } = await serve("--config /conf/c.yaml", { files });
  assert.equal(registrar.settings[0]!.security!.certificates!.key!.path, "/conf/r.key");
  await stop();
  const ofClient = filesOf(`client:\n  ca: a\n  cert: b\n  key: c\n${SECTION}`);
  const other = await serve("--config /conf/c.yaml", { files: ofClient });
  assert.equal(other.registrar.settings[0]!.security!.certificates, undefined);
  await other.stop();
  const env = { RSERPOOL_CA: "ca.pem", RSERPOOL_PSK_FILE: "x", RSERPOOL_TLS: "1" };
  const plain = await serve("", { env });
  assert.equal(plain.registrar.settings[0]!.security, undefined);
  await plain.stop();
});

Deno.test("it says in one line whether it is secured", async () => {
  const off =
    /(notice|warning): security is off: whoever reaches this registrar may register, .*\n/;
  const levelOf = async (line: string, given?: Given) => {
    const { world, stop } = await serve(line, given);
    await stop();
    return off.exec(world.stderrText)?.[1];
  };
  assert.equal(await levelOf(""), "notice");
  assert.equal(await levelOf("--config /conf/c.yaml"), undefined);
  const json = await serve("--log-format json");
  await json.stop();
  assert.match(
    json.world.stderrText,
    /"level":"notice","event":"security-off","message":"security is off: /,
  );
  const { world, stop } = await serve(`--config /conf/c.yaml ${CERTIFICATES}`);
  assert.match(
    world.stderrText,
    /serves ASAP on 127\.0\.0\.1:1 \(TLS\) and ENRP on 127\.0\.0\.1:1 \(TLS by key\), \[::1\]:2/,
  );
  assert.match(
    world.stderrText,
    /notice: without TLS everything is refused, on 127\.0\.0\.1:40001/,
  );
  await stop();
  const lax = await serve("--config /conf/c.yaml --allow-insecure-resolution");
  assert.match(lax.world.stderrText, /without TLS pool users may resolve, and all else is refused/);
  await lax.stop();
});

Deno.test("the ready file has the addresses over TLS where there are any", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/ready`;
  const { stop } = await serve(`--config /conf/c.yaml --ready-file ${file}`);
  const ready = JSON.parse(await Deno.readTextFile(file));
  assert.deepEqual(Object.keys(ready), [
    "identifier",
    "pid",
    "asap",
    "enrp",
    "asapTls",
    "enrpPsk",
  ]);
  assert.deepEqual(ready.enrpPsk, ["127.0.0.1:1", "[::1]:2"]);
  await stop();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a secured registrar for others that only this host reaches is warned of", async () => {
  const { world, stop } = await serve(
    `--config /conf/c.yaml ${CERTIFICATES} --peer 192.0.2.2 --enrp-tls 192.0.2.1`,
  );
  const said = world.stderrText.split("\n").filter((each) => each.includes("cannot reach"));
  assert.equal(said.length, 1, world.stderrText);
  assert.match(
    said[0]!,
    /cannot reach 127\.0\.0\.1:3864, 127\.0\.0\.1:13864: give --asap-tls or --asap-psk an address/,
  );
  await stop();
});

Deno.test("a CA of this host's clients alone secures no registrar, and that is told", async () => {
  const told = async (env: Record<string, string>) => {
    const { world, stop } = await serve("", { env });
    await stop();
    return world.stderrText.includes("notice: RSERPOOL_CA is not used: without a section");
  };
  assert.equal(await told({ RSERPOOL_CA: "ca.pem" }), true);
  assert.equal(await told({}), false);
});

Deno.test("who can prove nothing is told, as it most often is a mistake", async () => {
  const told = async (psk: string) => {
    const files = filesOf(SECTION.replace("psk: web-1", `psk: ${psk}`));
    const { world, stop } = await serve("--config /conf/c.yaml", { files });
    await stop();
    return /warning: security: there is no key for (.*)\n/.exec(world.stderrText)?.[1];
  };
  assert.equal(await told("wbe-1"), '"wbe-1" in /conf/keys.psk');
  assert.equal(await told("[wbe-1, wbe-2]"), '"wbe-1" or "wbe-2" in /conf/keys.psk');
  assert.equal(await told("[r2-to-r1, r1-to-r2]"), undefined, "it shows one of them itself");
  assert.equal(await told("[wbe-1, web-2]"), undefined);
  assert.equal(await told("web-*"), undefined);
});

const SAYS_WHO = "which says who may do what";
const WRONG: [line: string, words: string, files?: Files][] = [
  ["--asap-tls h", `--asap-tls needs --config FILE with a section security:, ${SAYS_WHO}`],
  ["--enrp-psk h", `--enrp-psk needs --config FILE with a section security:, ${SAYS_WHO}`],
  [CERTIFICATES, `--cert needs --config FILE with a section security:, ${SAYS_WHO}`],
  ["--allow-insecure-resolution", "--allow-insecure-resolution needs --config FILE with"],
  [
    "--config /conf/c.yaml --asap-tls h",
    `--asap-tls needs a section security: in /conf/c.yaml, ${SAYS_WHO}`,
    filesOf("timeout: 5s\n"),
  ],
  ["--config /conf/c.yaml --asap-tls h", "--asap-tls needs --ca, --cert and --key"],
  [
    `--config /conf/c.yaml ${CERTIFICATES} --asap-psk h`,
    "--asap-psk needs psk-keys in the section at /conf/c.yaml:1:1",
    filesOf(WITHOUT_KEYS),
  ],
  [
    "--config /conf/c.yaml",
    "/conf/c.yaml:1:1: security: nobody can prove anything: give the registrar a certificate",
    filesOf(WITHOUT_KEYS),
  ],
  ["--config /conf/c.yaml --cert r.pem", "--cert needs --key, too"],
  ["--config /conf/c.yaml --cert r.pem --key r.key", "--cert needs --ca, too: whom the registrar"],
  ["--config /conf/c.yaml --ca ca.pem", "--ca of a registrar needs its own certificate, too"],
  ["--config /conf/c.yaml --peer r3", "--peer r3:19902: there is no key for it in psk-peers of"],
  ["--config /conf/c.yaml --compat rsplib", "--compat rsplib and security exclude each other"],
  [
    "--config /conf/c.yaml",
    "cannot read the pre-shared keys /conf/other.psk: no such file or directory",
    filesOf(SECTION.replace("keys.psk", "other.psk")),
  ],
  [
    "--config /conf/c.yaml",
    '/conf/r2.psk has no key for the identity "r1-to-r2"',
    filesOf(SECTION, { "/conf/r2.psk": `r2-to-r1:${KEY}\n` }),
  ],
  [
    "--config /conf/c.yaml",
    "/conf/keys.psk has a key without an identity; write IDENTITY:KEY",
    filesOf(SECTION, { "/conf/keys.psk": KEY }),
  ],
  [
    "--config /conf/c.yaml",
    "/conf/keys.psk:2:7: this key has 2 bytes; it must have at least 16",
    filesOf(SECTION, { "/conf/keys.psk": `a:${KEY}\nweb-1:abcd\n` }),
  ],
  ["--config /conf/c.yaml --asap-tls h:x", '--asap-tls: "h:x": "x" is not a port'],
];

for (const [line, words, files = filesOf(SECTION)] of WRONG) {
  Deno.test(`exit 2: registrar ${line}: ${words.slice(0, 60)}`, async () => {
    const registrar = new FakeRegistrar();
    const world = new FakeWorld({ api: registrar.api, files });
    assert.equal(await runIn(world, `registrar ${line}`), 2, world.stderrText);
    assert(world.stderrText.includes(words), world.stderrText);
    assert.equal(world.stderrText.split("\n").length, 2, "one line");
    assert.doesNotMatch(world.stderrText, new RegExp(KEY), "no key is told");
    assert.equal(registrar.settings.length, 0, "nothing was started");
  });
}

Deno.test("what the library says of a certificate is exit 2, and names the file", async () => {
  const registrar = new FakeRegistrar(new CredentialsInvalid("r.pem", "it expired yesterday"));
  const world = new FakeWorld({ api: registrar.api, files: filesOf(SECTION) });
  assert.equal(await runIn(world, `registrar --config /conf/c.yaml ${CERTIFICATES}`), 2);
  assert.match(world.stderrText, /r\.pem: it expired yesterday\n$/);
});

Deno.test("SIGHUP reads all of it anew, and says what has changed", async () => {
  const line = `--config /conf/c.yaml ${CERTIFICATES}`;
  const { registrar, world, files, stop } = await serve(line);
  const remote = { host: "192.0.2.7", port: 5 };
  registrar.reloading = () => {
    const end = { association: 2, protocol: "ASAP", remote, elements: 1 } as const;
    registrar.tell({ type: "association-closed", ...end, reason: "unauthorized" });
    registrar.tell({ type: "association-closed", ...end, reason: "closed" });
  };
  files["/conf/keys.psk"] = `web-2:${OTHER}\nweb-3:${KEY}\n`;
  files["/conf/c.yaml"] = SECTION.replace("register: web", "register: [web, mail]");
  files["r.pem"] = `${PEM}\n`;
  const reloaded = world.says(/SIGHUP/);
  world.signal("SIGHUP");
  await reloaded;
  assert.match(
    world.stderrText,
    /warning: association-closed protocol=ASAP remote=.* elements=1 reason=unauthorized/,
  );
  assert.match(
    world.stderrText,
    new RegExp(
      'notice: SIGHUP: read anew: another --cert; new key of "web-3"; no key any more of ' +
        '"web-1"; other key of "web-2"; other permissions droppedConnections=1\n',
    ),
  );
  const [security] = registrar.reloaded;
  assert.deepEqual([...security!.psk!.accepted!.keys()], ["web-2", "web-3"]);
  assert.deepEqual(security!.permissions.identities[0]!.register, ["web", "mail"]);
  assert.doesNotMatch(world.stderrText, new RegExp(`${KEY}|${OTHER}`), "no key is told");
  const again = world.says(/nothing has changed/);
  world.signal("SIGHUP");
  await again;
  assert.equal(registrar.reloaded.length, 2);
  await stop();
});

for (const [kind, section] of [["secured", SECTION], ["plain", "timeout: 5s\n"]] as const) {
  Deno.test(`SIGHUP reads the file of a ${kind} registrar once`, async () => {
    const { world, stop } = await serve("--config /conf/c.yaml", { files: filesOf(section) });
    const read: string[] = [];
    const { readFile } = world;
    world.readFile = (path, limit) => {
      read.push(path);
      return readFile.call(world, path, limit);
    };
    const reloaded = world.says(/SIGHUP: read anew: nothing has changed/);
    world.signal("SIGHUP");
    await reloaded;
    assert.deepEqual(read.filter((path) => path === "/conf/c.yaml"), ["/conf/c.yaml"]);
    await stop();
  });
}

Deno.test("of many keys that have changed five are named", async () => {
  const { world, files, stop } = await serve("--config /conf/c.yaml");
  const added = Array.from({ length: 7 }, (_, n) => `new-${n}:${KEY}\n`).join("");
  files["/conf/keys.psk"] += added;
  const told = world.says(/new key of "new-0", "new-1", "new-2", "new-3", "new-4" and 2 more\n/);
  world.signal("SIGHUP");
  await told;
  await stop();
});

Deno.test("SIGHUP changes nothing if a file is wrong, in one line that says which", async () => {
  const { registrar, world, files, stop } = await serve("--config /conf/c.yaml");
  const broken: [file: string, text: string | undefined, words: RegExp][] = [
    [
      "/conf/c.yaml",
      "security:\n  reed: x\n",
      /nothing is changed: \/conf\/c\.yaml:2:3: unknown key/,
    ],
    [
      "/conf/c.yaml",
      "timeout: 5s\n",
      /nothing is changed: \/conf\/c\.yaml has no section security/,
    ],
    ["/conf/c.yaml", undefined, /nothing is changed: cannot read the configuration file/],
    ["/conf/keys.psk", "web-1:secret\n", /nothing is changed: \/conf\/keys\.psk:1:7: this key is/],
    ["/conf/keys.psk", undefined, /nothing is changed: cannot read the pre-shared keys/],
  ];
  for (const [file, text, words] of broken) {
    const before = files[file]!;
    if (text === undefined) delete files[file];
    else files[file] = text;
    world.stderrText = "";
    const told = world.says(words);
    world.signal("SIGHUP");
    await told;
    assert.equal(world.stderrText.split("\n").length, 2, "one line");
    assert.doesNotMatch(world.stderrText, /secret/);
    files[file] = before;
  }
  registrar.reloading = () => {
    throw new CredentialsInvalid("r.pem", "it expired yesterday");
  };
  const told = world.says(/error: SIGHUP: nothing is changed: r\.pem: it expired yesterday\n/);
  world.signal("SIGHUP");
  await told;
  assert.equal(registrar.reloaded.length, 0);
  await stop();
});

Deno.test("SIGHUP is obeyed by a registrar that waits for its mentors", async () => {
  const registrar = new FakeRegistrar();
  registrar.seeksMentors = true;
  const world = new FakeWorld({ api: registrar.api, files: filesOf(SECTION) });
  const asks = world.says(/asking for the handle table/);
  const reloaded = world.says(/SIGHUP: read anew: nothing has changed/);
  const ended = runIn(world, "registrar -v --config /conf/c.yaml --peer 192.0.2.2");
  await asks;
  world.signal("SIGHUP");
  await reloaded;
  assert.equal(registrar.reloaded.length, 1);
  world.signal("SIGTERM");
  assert.equal(await ended, 0);
});

Deno.test("SIGHUP before it serves is obeyed once it listens", async () => {
  const registrar = new FakeRegistrar();
  const world = new FakeWorld({ api: registrar.api, files: filesOf(SECTION) });
  registrar.starting = () => world.signal("SIGHUP");
  const reloaded = world.says(/SIGHUP: read anew: nothing has changed/);
  const ended = runIn(world, "registrar --config /conf/c.yaml");
  await reloaded;
  world.signal("SIGTERM");
  assert.equal(await ended, 0);
});

const remote = { host: "192.0.2.1", port: 5 };
const FLOOD: Record<string, RegistrarEvent> = {
  refused: {
    type: "refused",
    association: 2,
    remote,
    messageType: "ASAP_REGISTRATION",
    identity: "psk:web-1",
    why: 'psk:web-1 may not register in pool "mail"',
  },
  "handshake-refused": { type: "handshake-refused", remote, why: "the key is another", count: 3 },
  "rate-limited": {
    type: "rate-limited",
    association: 2,
    remote,
    kind: "registrations",
    who: "psk:web-1",
    count: 70,
  },
  "connections-refused": { type: "connections-refused", remote, count: 9 },
  "report-forced": {
    type: "report-forced",
    association: 2,
    remote,
    identity: "psk:oncall",
    poolHandle: "web",
    identifier: 7,
  },
};

for (const [name, event] of Object.entries(FLOOD)) {
  Deno.test(`${name} is a warning, five times a second, and the others are counted`, async () => {
    const { registrar, world, stop } = await serve("--config /conf/c.yaml --log-format json");
    world.stderrText = "";
    for (let count = 0; count < 12; count++) registrar.tell(event);
    const lines = () => world.stderrText.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.equal(lines().length, 5);
    const { time: _, ...first } = lines()[0];
    const { type, association: __, ...fields } = { association: 0, ...event };
    assert.deepEqual(first, {
      level: "warning",
      event: type,
      ...fields,
      ...("identifier" in event ? { identifier: "0x00000007" } : {}),
      remote: "192.0.2.1:5",
    });
    world.clock += 1_000;
    registrar.tell(event);
    assert.equal(lines()[5].untold, 7);
    for (let count = 0; count < 6; count++) registrar.tell(event);
    await stop();
    assert.equal(lines().find((line, at) => at > 9 && line.event === name)?.untold, 2);
  });
}

/** What a command line may look like, and what is said of one that may not. */

import assert from "node:assert/strict";
import { COMMANDS } from "../../cli/commands.ts";
import { groupOf, SHARED_OPTIONS } from "../../cli/options.ts";
import { type Given, run } from "./fake_world.ts";

type Row = readonly [line: string | readonly string[], words: RegExp, given?: Given];

const WRONG: readonly Row[] = [
  ["bogus", /^rserpool: unknown command 'bogus'\n$/],
  ["reslove web", /^rserpool: unknown command 'reslove' \(did you mean resolve\?\)\n$/],
  ["deregister web", /unknown command 'deregister'/],
  ["help bogus", /unknown command 'bogus'/],
  ["resolve", /^rserpool: missing required argument 'POOL'\n$/],
  ["resolve web mail", /too many arguments for 'resolve'/],
  ["status web", /too many arguments for 'status'/],
  ["resolve web --frist", /^rserpool: unknown option '--frist' \(did you mean --first\?\)\n$/],
  ["resolve web --regstrar x", /unknown option '--regstrar' \(did you mean --registrar\?\)/],
  ["--frist resolve web", /unknown option '--frist'/],
  ["resolve web -x", /unknown option '-x'/],
  ["resolve web --items", /option '--items <N>' argument missing/],
  ["resolve web --items 0", /^rserpool: --items: "0" is not a whole number from 1 to \d+\n$/],
  ["resolve web --items 1.5", /--items: "1.5" is not a whole number/],
  ["resolve web --items -1", /--items: "-1" is not a whole number/],
  ["resolve web -o jsn", /--output: "jsn" is not one of table, .* \(did you mean json\?\)/],
  ["resolve web --color blue", /--color: "blue" is not one of auto, always, never/],
  ["resolve web --log-format yaml", /--log-format: "yaml" is not one of text, json/],
  ["resolve web --timeout 5", /--timeout: "5" has no unit; write for example 5s or 5ms/],
  ["resolve web --timeout 0s", /--timeout: "0s" is no time at all/],
  ["--timeout 5 resolve web", /--timeout: "5" has no unit/],
  ["resolve web -r 127.0.0.1:70000", /--registrar: .*"70000" is not a port.* from 1 to 65535/],
  ["resolve web -r 010.0.0.1", /"010.0.0.1" is not an IPv4 address/],
  ["resolve web -r 127.1", /"127.1" is not an IPv4 address/],
  ["resolve web -r ::1", /IPv6 stands in brackets, as in \[::1\]:3863/],
  ["dump --enrp-registrar localhost", /"localhost" has no port; write HOST:PORT/],
  ["dump -r localhost:3863", /-r localhost:3863 names an ASAP port.* add --enrp-registrar/],
  ["peers", /-r a:1 names an ASAP port/, { env: { RSERPOOL_REGISTRAR: "a:1" } }],
  ["status -r a -r b:2", /-r b:2 names an ASAP port/],
  [["resolve", ""], /the pool handle "" has 0 bytes; it must have 1 to 32/],
  [["resolve", "x".repeat(33)], /has 33 bytes; it must have 1 to 32 \(--max-handle-bytes\)/],
  [["dump", "x".repeat(4000)], /"x{40}…" has 4000 bytes/],
  [["resolve", "äöü", "--max-handle-bytes", "5"], /"äöü" has 6 bytes; it must have 1 to 5/],
  ["resolve hex:0a0", /the pool handle "hex:0a0" is wrong: .*odd/],
  ["resolve web --format {nope}", /unknown field "\{nope\}"; the fields are \{pool\}/],
  ["resolve web --format {adress}", /unknown field "\{adress\}" \(did you mean address\?\)/],
  ["resolve web --format {pool", /a field has no end/],
  ["resolve web --format {pool} -o json", /--format and -o exclude each other/],
  ["resolve web --min 2", /--min needs --wait DURATION/],
  ["resolve web --wait 1s --min 2 --items 1", /--items 1 is less than --min 2/],
  ["register web", /^rserpool: --port is missing/],
  ["register web --port 80 sleep 5", /^rserpool: unexpected argument "sleep"; a COMMAND stands/],
  ["register web --port 80 --load file:x", /^rserpool: --load: policy round-robin has no load/],
  [["register", "", "--port", "80"], /^rserpool: the pool handle "" has 0 bytes/],
  ["registrar --id 0", /--id: "0" is not an identifier/],
  ["registrar --id 0x123456789", /--id: "0x123456789" is not an identifier/],
  ["registrar --asap 127.0.0.1:70000", /--asap: .*"70000" is not a port.* from 0 to 65535/],
  ["registrar --address-check all", /"all" is not one of observed, any/],
  ["decode --protocol sctp 00", /--protocol: "sctp" is not one of asap, enrp/],
  ["decode", /nothing to decode; give HEX, @FILE, or - for standard input/],
  ["decode @none", /cannot read none: no such file or directory\n$/],
  ["decode 0300 -o csv", /decode has no csv form/],
  ["resolve web", /^rserpool: RSERPOOL_OUTPUT: "jsn" is not/, { env: { RSERPOOL_OUTPUT: "jsn" } }],
  ["resolve web", /RSERPOOL_QUIET: "yes" is not 1, 0/, { env: { RSERPOOL_QUIET: "yes" } }],
  ["resolve web", /RSERPOOL_REGISTRAR: ".*:x"/, { env: { RSERPOOL_REGISTRAR: "a,b:x" } }],
  ["resolve web --config none", /cannot read the configuration file none: no such file/],
  ["resolve web --asap-group 224.0.1.185", /--asap-group needs --discover\n$/],
  ["dump --multicast-interface eth0", /--multicast-interface needs --discover\n$/],
  ["resolve web --discover --asap-group 192.0.2.1:1", /"192.0.2.1:1" has no multicast address/],
  ["resolve web --discover --asap-group [fe80::1]", /has no multicast address/],
  ["resolve web --discover --asap-group [ff02::1%eth0]", /has no multicast address/],
  ["resolve web --discover --multicast-interface a/b", /neither the name of an interface nor/],
  ["resolve web", /RSERPOOL_DISCOVER: "maybe" is not 1, 0/, {
    env: { RSERPOOL_DISCOVER: "maybe" },
  }],
  ["registrar --enrp-group 239.0.0.51", /--enrp-group needs --announce\n$/],
  ["registrar --multicast-ttl 2", /--multicast-ttl needs --announce\n$/],
  ["registrar --announce --multicast-ttl 0", /"0" is not a whole number from 1 to 255/],
  ["registrar --http 9102", /^rserpool: --http: "9102" has no host; write 127.0.0.1:9102 for this/],
  ["registrar --http :9102", /--http: ":9102" has no host; write 127.0.0.1:9102/],
  ["proxy --http http://localhost:1", /--http: "http:.*" is a URL; write HOST:PORT, for example/],
  ["dns --http 127.0.0.1:70000", /--http: .*"70000" is not a port.* from 0 to 65535/],
  ["registrar --http 127.0.0.1", /--http: "127.0.0.1" has no port; write HOST:PORT, for .*:9102\n/],
  ["registrar --http ::1", /--http: .*IPv6 stands in brackets/],
  ["monitor web", /too many arguments/],
  ["monitor --interval 2", /--interval: "2" has no unit; write for example 2s or 2ms\n$/],
  ["monitor --interval 1ms", /--interval: "1ms" is not between 200ms and 1h\n$/],
  ["monitor --http nowhere:x", /--http: "nowhere:x" is no address such as 127.0.0.1:9102 or /],
  ["monitor --http ftp://a", /--http: "ftp:\/\/a" is no address such as/],
  ["monitor --http http://a:b@c:1", /--http: a URL here has no user and no password\n$/],
  ["monitor --csp 127.1", /--csp: "127.1" is not an IPv4 address/],
  ["monitor --csp --once", /--csp and --once exclude each other: components report by themselves/],
  ["monitor --once --ready-file f", /--once and --ready-file exclude each other: --once does/],
  ["monitor -r 127.0.0.1:1", /-r 127.0.0.1:1 names an ASAP port.*--enrp-registrar HOST:PORT\n$/],
  ["registrar --csp-server 127.0.0.1:70000", /--csp-server: .*70000/],
  ["registrar --csp-interval 1s", /^rserpool: --csp-interval needs --csp-server HOST\n$/],
  ["register web --port 80 --check-interval 1s", /--check-interval needs a --check: tcp, /],
  ["register web --port 80 --check none --check-fall 2", /--check-fall needs a --check: tcp, /],
  ["register web --port 80 --load-interval 1s", /--load-interval needs --load SOURCE\n$/],
  ["proxy --listen 127.0.0.1:0=web --udp-idle 9s", /--udp-idle needs --listen udp:HOST:PORT/],
  ["simulate --label x", /--label needs --campaign FILE\n$/],
  ["registrar --csp-interval 1ms", /--csp-interval: "1ms" is not between 100ms and 1h\n$/],
];

for (const [line, words, given] of WRONG) {
  const shown = [line].flat().map((word) => word.length > 40 ? `${word.slice(0, 5)}…` : word);
  const env = Object.entries(given?.env ?? {}).map(([name, value]) => `${name}=${value} `);
  Deno.test(`exit 2: ${env.join("")}rserpool ${shown.join(" ")}`, async () => {
    const { code, stdout, stderr, world } = await run(line, given);
    assert.equal(code, 2, stderr);
    assert.match(stderr, words);
    assert.equal(stderr.split("\n").length, 2, `one line: ${stderr}`);
    assert.equal(stdout, "");
    assert.deepEqual(world.made, [], "nothing was sent");
  });
}

Deno.test("rserpool alone prints its usage to stderr and ends with 2", async () => {
  const { code, stdout, stderr } = await run("");
  assert.equal(code, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /^Usage: rserpool \[options\] COMMAND/);
  for (const { name, summary } of COMMANDS) {
    assert.match(stderr, new RegExp(`^ {2}${name} `, "m"));
    assert.ok(stderr.replace(/\s+/g, " ").includes(summary), summary);
  }
});

Deno.test("--version is one line, on either side of a command", async () => {
  for (const line of ["--version", "-V", "resolve --version", "registrar -V", "-V resolve web"]) {
    const { code, stdout, stderr } = await run(line);
    assert.equal(code, 0, line);
    assert.match(stdout, /^rserpool \d+\.\d+\.\d+\n$/);
    assert.equal(stderr, "");
  }
});

for (const { name, load } of COMMANDS) {
  Deno.test(`${name} --help has its options, their environment and examples`, async () => {
    const command = await load();
    for (
      const line of [
        `${name} --help`,
        `${name} -h`,
        `help ${name}`,
        `--help ${name}`,
        `${name} web --help`,
      ]
    ) {
      const { code, stdout, stderr } = await run(line);
      assert.equal(code, 0);
      assert.equal(stderr, "");
      assert.match(stdout, new RegExp(`^Usage: rserpool ${name} \\[options\\]`));
      for (const option of Object.values(command.options)) {
        assert.ok(stdout.includes(`  ${option.flags}`), option.flags);
      }
      for (const [key, option] of Object.entries(SHARED_OPTIONS)) {
        const group = groupOf(key);
        const isShown = group === "general" || command.uses.includes(group);
        assert.equal(stdout.includes(`  ${option.flags}`), isShown, option.flags);
        // What the environment says of --no-tls is RSERPOOL_TLS=0.
        const env = key === "noTls" ? "" : option.env!;
        if (isShown) assert.ok(stdout.includes(env), env);
      }
      assert.match(stdout, /\nExamples:\n {2}\$ /);
      assert.ok(command.examples.length > 0);
      for (const each of stdout.split("\n")) assert.ok(each.length <= 110, each);
    }
  });
}

Deno.test("an option has one name in commander, in the file and in the code", async () => {
  const tables = [
    SHARED_OPTIONS,
    ...(await Promise.all(COMMANDS.map(({ load }) => load()))).map(
      ({ options }) => options,
    ),
  ];
  for (const table of tables) {
    for (const [key, { flags }] of Object.entries(table)) {
      const long = /--([a-z0-9-]+)/.exec(flags)![1]!;
      assert.equal(long.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()), key);
    }
  }
});

Deno.test("a shared option that means nothing to a command is said to have no effect", async () => {
  const { code, stderr } = await run("decode 0b0000040 -r x", {});
  assert.equal(code, 8);
  assert.match(stderr, /^rserpool: warning: --registrar has no effect on decode\n/);
});

Deno.test("usage errors of a long-running command read like all others, in JSON too", async () => {
  const { stderr } = await run("register web -o json");
  assert.equal(
    stderr,
    "rserpool: warning: --output has no effect on register\n" +
      "rserpool: --port is missing: the service's port\n",
  );
  const { stderr: unused } = await run("register web --timeout 1s");
  assert.match(unused, /^rserpool: warning: --timeout has no effect on register\n/);
  const { stderr: json } = await run("register web --log-format json");
  assert.equal(JSON.parse(json).message, "--port is missing: the service's port");
});

Deno.test("-q leaves the exit code only", async () => {
  const { code, stdout, stderr } = await run("decode -q 0300");
  assert.deepEqual({ code, stdout, stderr }, { code: 8, stdout: "", stderr: "" });
});

Deno.test("--log-format json makes the failure a JSON line", async () => {
  const { stderr } = await run("decode xyz --log-format json");
  const { time: _, ...line } = JSON.parse(stderr);
  const message = 'not hex: "x" is not a hex digit (a file is written @FILE)';
  assert.deepEqual(line, { level: "error", event: "fatal", message, code: 8 });
});

import assert from "node:assert/strict";
import {
  addedArguments,
  addedEnvironment,
  parseArguments,
} from "../../../../cli/dhcp/dnsmasq/arguments.ts";
import {
  type ConfigurationFiles,
  configurationLines,
  readConfiguration,
} from "../../../../cli/dhcp/dnsmasq/configuration.ts";
import {
  MAX_CONFIGURATION_DEPTH,
  MAX_CONFIGURATION_FILE,
  MAX_CONFIGURATION_FILES,
} from "../../../../cli/dhcp/dnsmasq/limits.ts";

/** Files by their paths; a directory has what begins with its path. */
function filesOf(texts: Record<string, string>): ConfigurationFiles {
  return {
    read: (path) =>
      texts[path] === undefined
        ? Promise.reject(new Deno.errors.NotFound("No such file or directory (os error 2)"))
        : Promise.resolve(texts[path]),
    list: (path) => {
      const names = Object.keys(texts).filter((name) => name.startsWith(`${path}/`));
      return names.length === 0
        ? Promise.reject(new Deno.errors.NotFound("No such file or directory (os error 2)"))
        : Promise.resolve(names.map((name) => name.slice(path.length + 1)));
    },
  };
}

async function optionsOf(words: string[], texts: Record<string, string> = {}): Promise<string[]> {
  const { options, problems } = await readConfiguration(words, filesOf(texts));
  const told = options.map(({ name, value }) => value === undefined ? name : `${name}=${value}`);
  return [...told, ...problems.map((problem) => `! ${problem}`)];
}

Deno.test("options are read as getopt reads them", async () => {
  const cases: [string, string][] = [
    ["--dhcp-range=a,b", "dhcp-range=a,b"],
    ["--dhcp-range a,b --no-ping", "dhcp-range=a,b no-ping"],
    ["-F a,b", "dhcp-range=a,b"],
    ["-Fa,b", "dhcp-range=a,b"],
    ["-KZ5", "dhcp-authoritative read-ethers no-ping"],
    ["-KFa,b -5", "dhcp-authoritative dhcp-range=a,b no-ping"],
    ["-i eth0 -5", "i=eth0 no-ping"],
    ["--dhcp-lease=/x", "dhcp-leasefile=/x"],
    ["--enable-dbus=name -1", "enable-dbus=name enable-dbus"],
    ["--dhcp-option=3,1.2.3.4=5", "dhcp-option=3,1.2.3.4=5"],
  ];
  for (const [words, expected] of cases) {
    const found = await optionsOf(words.split(" "), { "/etc/ethers": "" });
    assert.equal(found.join(" "), expected);
  }
});

Deno.test("a name that is cut short and a stray word are problems", () => {
  assert.deepEqual(parseArguments(["--no-pin"]).problems, [
    "write --no-pin in full: --no-ping",
  ]);
  assert.deepEqual(parseArguments(["--dhcp-r", "a,b"]).problems.length, 1);
  assert.deepEqual(parseArguments(["stray"]).problems, [`dnsmasq does not take the word "stray"`]);
  assert.deepEqual(parseArguments(["--dhcp-host=x", "--log-dhcp"]).problems, []);
});

Deno.test("lines of a file lose comments, quotes and blanks", () => {
  const text = `# all\n  dhcp-range = a,b  # why\n\nno-ping\ttxt\n"a#b"\nx="q\\"r"\nport=5#3\n`;
  assert.deepEqual(configurationLines(text).map(({ line, number }) => `${number} ${line}`), [
    "2 dhcp-range = a,b",
    "4 no-ping\ttxt",
    "5 a\ue023b",
    '6 x=q"r',
    "7 port=5#3",
  ]);
  assert.equal(configurationLines("x".repeat(1025)).length, 2);
});

Deno.test("what a file says is found, with its place", async () => {
  const texts = { "/a.conf": "\ndhcp-range = a,b\nconf-file=/b.conf", "/b.conf": "no-ping" };
  const { options } = await readConfiguration(["--conf-file=/a.conf"], filesOf(texts));
  assert.deepEqual(options.map(({ name, where }) => `${name} ${where}`), [
    "conf-file the command line",
    "dhcp-range /a.conf:2",
    "conf-file /a.conf:3",
    "no-ping /b.conf:1",
  ]);
});

Deno.test("the default file is read if no other is named, and need not be there", async () => {
  const texts = { "/etc/dnsmasq.conf": "no-ping", "/a": "" };
  assert.deepEqual(await optionsOf([], texts), ["no-ping"]);
  assert.deepEqual(await optionsOf(["-C", "/a"], texts), ["conf-file=/a"]);
  assert.deepEqual(await optionsOf([]), []);
});

Deno.test("of a directory those files count that dnsmasq reads", async () => {
  const texts: Record<string, string> = {};
  for (const name of ["a.conf", "b.old", ".c", "d~", "#e#", "f"]) texts[`/d/${name}`] = `x=${name}`;
  assert.deepEqual(await optionsOf(["-7", "/d"], texts), [
    "conf-dir=/d",
    "x=a.conf",
    "x=b.old",
    "x=f",
  ]);
  assert.deepEqual((await optionsOf(["-7/d,.old"], texts)).slice(1), ["x=a.conf", "x=f"]);
  assert.deepEqual((await optionsOf(["-7/d,*.conf"], texts)).slice(1), ["x=a.conf"]);
});

Deno.test("files of hosts are read as dhcp-host", async () => {
  const texts = {
    "/h": "aa:bb,192.0.2.1\n",
    "/hd/a": "cc:dd,192.0.2.2",
    "/etc/ethers": "aa:bb:cc  192.0.2.3\n",
  };
  const words = ["--dhcp-hostsfile=/h", "--dhcp-hostsdir=/hd", "-Z"];
  assert.deepEqual((await optionsOf(words, texts)).filter((text) => /^dhcp-host=/.test(text)), [
    "dhcp-host=aa:bb,192.0.2.1",
    "dhcp-host=cc:dd,192.0.2.2",
    "dhcp-host=aa:bb:cc,192.0.2.3",
  ]);
});

Deno.test("what cannot be read is a problem that names the place", async () => {
  assert.deepEqual((await optionsOf(["-C/a"])).slice(1), [
    "! the command line: cannot read /a: no such file or directory",
  ]);
  assert.deepEqual((await optionsOf(["-C-"])).slice(1), [
    "! the command line: a configuration from standard input cannot be checked",
  ]);
  assert.deepEqual((await optionsOf(["-7/d"])).slice(1), [
    "! the command line: cannot read the directory /d: no such file or directory",
  ]);
});

Deno.test("files that include one another end at MAX_CONFIGURATION_DEPTH", async () => {
  const found = await optionsOf(["-C/a"], { "/a": "conf-file=/a" });
  assert.equal(found.length, MAX_CONFIGURATION_DEPTH + 2);
  assert.match(found.at(-1)!, /include one another more than 16 deep/);
});

Deno.test("no more than MAX_CONFIGURATION_FILES are read", async () => {
  const texts: Record<string, string> = {};
  for (let at = 0; at <= MAX_CONFIGURATION_FILES; at++) texts[`/d/${at}`] = "";
  assert.deepEqual((await optionsOf(["-7/d"], texts)).slice(1), [
    `! dnsmasq's configuration has more than ${MAX_CONFIGURATION_FILES} files: ` +
    "not all were checked",
  ]);
});

Deno.test("a file above MAX_CONFIGURATION_FILE is not read", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, new Uint8Array(MAX_CONFIGURATION_FILE + 1));
    const { problems } = await readConfiguration([`--conf-file=${path}`]);
    assert.match(problems[0]!, /: cannot read .*: it is longer than 4194304 bytes$/);
    await Deno.writeTextFile(path, "no-ping\n");
    const { options } = await readConfiguration([`--conf-file=${path}`]);
    assert.equal(options.at(-1)!.name, "no-ping");
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("what we add stands besides what the user gave", () => {
  const additions = { hook: "/s/hook", pidFile: "/s/pid", leaseMax: 1100, dbus: "unix:path=/b" };
  const added = addedArguments(additions, { options: [], problems: [] });
  assert.deepEqual(added, [
    "--keep-in-foreground",
    "--leasefile-ro",
    "--dhcp-script=/s/hook",
    "--script-on-renewal",
    "--pid-file=/s/pid",
    "--dhcp-lease-max=1100",
    "--enable-dbus",
  ]);
  const less = { ...additions, leaseMax: undefined };
  const found = parseArguments(["-1"]);
  assert.deepEqual(addedArguments(less, found), added.slice(0, 5));
  assert.deepEqual(addedEnvironment(7, "unix:path=/b"), {
    RSERPOOL_DHCP_AGENT: "7",
    DBUS_SYSTEM_BUS_ADDRESS: "unix:path=/b",
  });
});

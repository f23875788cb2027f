/** What was asked cannot be asked: exit 2, and nothing was sent. */
import { commandRow, type UsageRow } from "./command_row.ts";
import { DHCP_ROWS } from "./dhcp_rows.ts";
import { TOOL_ROWS } from "./tool_rows.ts";

/** Whoever would be asked, were anything sent. */
const ENV = {
  RSERPOOL_REGISTRAR: "{untouched}",
  RSERPOOL_ENRP_REGISTRAR: "{untouched}",
};

const COMMAND_LINES: readonly UsageRow[] = [
  { input: "no command", run: [], words: ["Usage: rserpool"] },
  {
    input: "an unknown command",
    run: "resolv web",
    words: ["unknown command 'resolv'", "did you mean resolve?"],
  },
  { input: "a command that can never exist", run: "deregister web", words: ["deregister"] },
  {
    input: "an unknown option",
    run: "resolve web --itmes 3",
    words: ["unknown option '--itmes'", "did you mean --items?"],
  },
  { input: "an argument that is missing", run: "resolve", words: ["missing", "POOL"] },
  { input: "an argument too many", run: "resolve web mail", words: ["too many arguments"] },
  { input: "a value that is missing", run: "resolve web --items", words: ["--items", "missing"] },
  {
    input: "decode --follow: a URL that is none of HTTP",
    run: "decode --follow ftp://127.0.0.1",
    words: ['"ftp://127.0.0.1"', "http://127.0.0.1:9102"],
  },
  {
    input: "decode --follow: a password in a URL",
    run: "decode --follow https://root:secret@127.0.0.1",
    words: ["no user and no password"],
  },
  {
    input: "decode: a certificate without --follow",
    run: "decode --ca ca.crt 0300",
    words: ["--ca needs --follow"],
  },
  {
    input: "an unknown output format",
    run: "resolve web -o jsn",
    words: ["jsn", "did you mean json?"],
  },
  {
    input: "a duration without a unit",
    run: "resolve web --timeout 5",
    words: ["--timeout", '"5" has no unit', "5s"],
  },
  { input: "a duration that is none", run: "resolve web --timeout soon", words: ["soon"] },
  {
    input: "port 70000 of a registrar",
    run: "resolve web -r 127.0.0.1:70000",
    words: ["70000", "1 to 65535"],
  },
  {
    input: "port 70000 of a listener",
    run: "registrar --asap 127.0.0.1:70000",
    words: ["--asap", "70000"],
  },
  {
    input: "port 70000 of a service",
    run: "register web --port 70000",
    words: ["--port", "70000"],
  },
  {
    input: "IPv6 without brackets",
    run: "resolve web -r ::1:3863",
    words: ["::1:3863", "[::1]:3863"],
  },
  {
    input: "an ASAP port where ENRP is asked",
    run: "dump -r 127.0.0.1:3863",
    env: { RSERPOOL_ENRP_REGISTRAR: "" },
    words: ["127.0.0.1:3863", "--enrp-registrar"],
  },
  { input: "an identifier that is none", run: "registrar --id zz", words: ["--id", "zz"] },
  {
    input: "a peer that is not HOST:PORT",
    run: "registrar --peer ::1:9901",
    words: ["--peer", "[::1]:3863"],
  },
  {
    input: "an address for peers that is a name",
    run: "registrar --advertise-enrp here:9901",
    words: ["--advertise-enrp", "here:9901", "no IP address"],
  },
  {
    input: "an unknown timing profile",
    run: "registrar --timing fsat",
    words: ["--timing", "rfc, fast", "did you mean fast?"],
  },
  {
    input: "a peer that would be asked before it can have been heard",
    run: "registrar --timing fast --max-time-last-heard 2s",
    words: ["--max-time-last-heard 2s", "--peer-heartbeat-cycle 2400ms"],
  },
  {
    input: "an HTTP listener without a port",
    run: "registrar --http 127.0.0.1",
    words: ["--http", '"127.0.0.1" has no port', "127.0.0.1:9102"],
  },
  {
    input: "a certificate for HTTP without its key",
    run: "registrar --http 127.0.0.1:0 --http-cert c.pem",
    words: ["--http-cert needs --http-key"],
  },
  {
    input: "a certificate for HTTP and nowhere to serve it",
    run: "dns --http-cert c.pem --http-key k.pem",
    file: ["c.pem", "-----BEGIN CERTIFICATE-----"],
    words: ["--http-cert needs --http HOST:PORT"],
  },
  {
    input: "a certificate for HTTP that is not there",
    run: "register web --port 8081 --http 127.0.0.1:0 --http-cert none.pem --http-key none.key",
    words: ["cannot read the certificate none.pem", "no such file"],
  },
  {
    input: "a certificate for HTTP that is none",
    run: "registrar --http 127.0.0.1:0 --http-cert x.pem --http-key x.pem",
    file: ["x.pem", "no certificate"],
    words: ["x.pem is not PEM"],
  },
  {
    input: "an unknown field of a template",
    run: "resolve web --format {nope}",
    words: ["nope"],
  },
  {
    input: "a template beside an output format",
    run: ["resolve", "web", "--format", "{{host}}", "-o", "json"],
    words: ["--format"],
  },
];

const POOL_HANDLES: readonly UsageRow[] = [
  {
    input: "a pool handle of 0 bytes",
    run: ["resolve", ""],
    words: ["0 bytes", "1 to 32"],
  },
  {
    input: "a pool handle of 33 bytes",
    run: ["resolve", "x".repeat(33)],
    words: ["33 bytes", "1 to 32", "--max-handle-bytes"],
  },
  {
    input: "a pool handle of 4,000 bytes",
    run: ["resolve", "x".repeat(4000)],
    words: ["4000 bytes", "1 to 32"],
  },
  {
    input: "a pool handle of 33 bytes, to register in",
    run: ["register", "x".repeat(33), "--port", "8081"],
    words: ["33 bytes"],
  },
  {
    input: "a pool handle in half hex",
    run: "resolve hex:0a0",
    words: ["hex:0a0", "odd"],
  },
];

const ELEMENTS: readonly UsageRow[] = [
  {
    input: "how often a service is checked, and no check",
    run: "register web --port 8081 --check-interval 1s",
    words: ["--check-interval needs a --check"],
  },
  {
    input: "an unknown policy",
    run: "register web --port 8081 --policy round-robbin",
    words: ["--policy", 'unknown policy "round-robbin"', "did you mean round-robin?"],
  },
  {
    input: "an unknown policy key",
    run: "register web --port 8081 --policy weighted-round-robin:wieght=3",
    words: ["weighted-round-robin", '"wieght"', "did you mean weight?"],
  },
  {
    input: "a policy key that is missing",
    run: "register web --port 8081 --policy priority",
    words: ["priority needs priority", "priority:priority=5"],
  },
  {
    input: "a weight below 0",
    run: "register web --port 8081 --policy weighted-random:weight=-1",
    words: ['"-1" is not a weight'],
  },
  {
    input: "a life below 30 seconds",
    run: "register web --port 8081 --lifetime 10s",
    words: ["--lifetime", "10s", "30s"],
  },
  {
    input: "a life without a unit",
    run: "register web --port 8081 --lifetime 300",
    words: ["--lifetime", '"300" has no unit'],
  },
  {
    input: "an unknown protocol",
    run: "register web --port 8081 --protocol tpc",
    words: ["tpc", "did you mean tcp?"],
  },
  {
    input: "an unknown check",
    run: "register web --port 8081 --check ftp",
    words: ["--check", "ftp"],
  },
  {
    input: "two addresses with tcp, which carries one",
    run: "register web --port 8081 --address 192.0.2.1 --address 192.0.2.2",
    words: ["--address", "tcp"],
  },
  { input: "no port", run: "register web", words: ["--port"] },
];

const ENVIRONMENT: readonly UsageRow[] = [
  {
    input: "an environment boolean that is none",
    run: "resolve web",
    env: { RSERPOOL_QUIET: "maybe" },
    words: ["RSERPOOL_QUIET", "maybe"],
  },
  {
    input: "an environment duration without a unit",
    run: "resolve web",
    env: { RSERPOOL_TIMEOUT: "5" },
    words: ["RSERPOOL_TIMEOUT", '"5" has no unit'],
  },
  {
    input: "an unknown output format in the environment",
    run: "resolve web",
    env: { RSERPOOL_OUTPUT: "jsn" },
    words: ["RSERPOOL_OUTPUT", "jsn", "did you mean json?"],
  },
];

const PROXIES: readonly UsageRow[] = [
  { input: "a proxy without a listener", run: "proxy", words: ["--listen", "127.0.0.1:8080=web"] },
  {
    input: "a listener without a pool",
    run: "proxy --listen 127.0.0.1:8080",
    words: ["--listen", "names no pool", "127.0.0.1:8080=web"],
  },
  {
    input: "a listener with an empty pool",
    run: "proxy --listen 127.0.0.1:8080=",
    words: ["names no pool"],
  },
  {
    input: "a listener without a host",
    run: "proxy --listen udp:5353=dns",
    words: ["no host", "udp:127.0.0.1:5353=dns"],
  },
  {
    input: "a listener on IPv6 without brackets",
    run: "proxy --listen ::1:8080=web",
    words: ["--listen", "[::1]"],
  },
  {
    input: "a listener on port 70000",
    run: "proxy --listen 127.0.0.1:70000=web",
    words: ["--listen", "70000"],
  },
  {
    input: "two listeners on one port",
    run: "proxy --listen 127.0.0.1:8080=web --listen 127.0.0.1:8080=mail",
    words: ["127.0.0.1:8080", "twice"],
  },
  {
    input: "a listener for a pool handle of 33 bytes",
    run: ["proxy", "--listen", `127.0.0.1:0=${"x".repeat(33)}`],
    words: ["33 bytes", "1 to 32"],
  },
  {
    input: "the PROXY protocol for datagrams",
    run: "proxy --proxy-protocol --listen udp:127.0.0.1:5353=dns",
    words: ["--proxy-protocol", "udp"],
  },
  {
    input: "no attempt at all",
    run: "proxy --listen 127.0.0.1:0=web --max-attempts 0",
    words: ["--max-attempts", "1 to 1000"],
  },
  {
    input: "a wait without a unit",
    run: "proxy --listen 127.0.0.1:0=web --wait 5",
    words: ["--wait", "5s"],
  },
];

const NAME_SERVERS: readonly UsageRow[] = [
  {
    input: "dns: an argument, as if it were for one pool",
    run: "dns web",
    words: ["too many arguments"],
  },
  { input: "dns: a listener without a port", run: "dns --listen 127.0.0.1", words: ["HOST:PORT"] },
  {
    input: "dns: a listener twice",
    run: "dns --listen 127.0.0.1:8600 --listen 127.0.0.1:8600",
    words: ["127.0.0.1:8600 is given twice"],
  },
  { input: "dns: an empty zone", run: "dns --zone .", words: ["names no zone", "pool.internal"] },
  {
    input: "dns: a zone that is no name",
    run: "dns --zone pool..internal",
    words: ["no name of a zone"],
  },
  {
    input: "dns: a zone that leaves no room for names",
    run: ["dns", "--zone", Array(80).fill("a").join(".")],
    words: ["159 characters", "150"],
  },
  { input: "dns: half a second as TTL", run: "dns --ttl 500ms", words: ["whole seconds"] },
  { input: "dns: no stale answers at all", run: "dns --stale 0s", words: ["--stale"] },
  { input: "dns: no pools at all", run: "dns --max-pools 0", words: ["1 to 900"] },
  {
    input: "dns: the name of a pool handle that is too long",
    run: ["dns", "--name", "x".repeat(33)],
    words: ["33 bytes"],
  },
];

const WATCHES: readonly UsageRow[] = [
  { input: "watch: no pool", run: "watch", words: ["POOL is missing", "--all"] },
  { input: "watch: a pool beside --all", run: "watch web --all", words: ["POOL and --all"] },
  {
    input: "watch: an empty command",
    run: ["watch", "web", "--exec", " "],
    words: ["--exec", "no command"],
  },
  {
    input: "watch: a debounce without a unit",
    run: "watch web --exec true --debounce 100",
    words: ["--debounce", '"100" has no unit'],
  },
  {
    input: "watch: a debounce of nothing",
    run: "watch web --debounce 1s",
    words: ["--debounce needs --exec COMMAND"],
  },
  {
    input: "watch: a command without any time",
    run: "watch web --exec true --exec-timeout 0s",
    words: ["--exec-timeout", "no time at all"],
  },
  {
    input: "monitor: an interval that a registrar could not bear",
    run: "monitor --interval 1ms",
    words: ["--interval", "between 200ms and 1h"],
  },
  {
    input: "monitor: components that shall report at once",
    run: "monitor --once --csp",
    words: ["--csp and --once exclude each other"],
  },
  {
    input: "monitor: an address of HTTP that is none",
    run: "monitor --http ftp://127.0.0.1",
    words: ["--http", "127.0.0.1:9102"],
  },
  {
    input: "monitor: an ASAP port where ENRP is asked",
    run: "monitor -r 127.0.0.1:3863",
    env: { RSERPOOL_ENRP_REGISTRAR: "" },
    words: ["--enrp-registrar"],
  },
  {
    input: "watch: looks for pools that are named",
    run: "watch web --pools-interval 1s",
    words: ["--pools-interval needs --all"],
  },
];

const CONFIGURATION: readonly (readonly [
  what: string,
  content: string | Uint8Array,
  ...words: string[],
])[] = [
  ["YAML that ends in the middle", "timeout: [1s\noutput: json\n", "{folder}/c.yaml:"],
  ["a key given twice", "timeout: 1s\ntimeout: 2s\n", "{folder}/c.yaml:2:1"],
  ["an unknown key", "# a\ntiemout: 1s\n", "{folder}/c.yaml:2:1", "tiemout", "mean timeout?"],
  [
    "an unknown key of a command",
    "resolve:\n  itmes: 3\n",
    "{folder}/c.yaml:2:3",
    "itmes",
    "mean items?",
  ],
  ["a duration without a unit", "timeout: 5\n", "{folder}/c.yaml:1:10", "has no unit"],
  ["a list where one value stands", "timeout: [1s, 2s]\n", "{folder}/c.yaml:1:10", "timeout"],
  ["a list as the whole file", "- timeout\n", "{folder}/c.yaml:1:1"],
  ["an unknown format", "output: jsn\n", "{folder}/c.yaml:1:9", "mean json?"],
  ["bytes that are not UTF-8", new Uint8Array([0x61, 0xff, 0xfe]), "{folder}/c.yaml", "UTF-8"],
  ["aliases that multiply", aliasBomb("abcdefghi"), "{folder}/c.yaml"],
];

/** The rows. */
export const USAGE_ROWS = [
  ...COMMAND_LINES,
  ...POOL_HANDLES,
  ...ELEMENTS,
  ...ENVIRONMENT,
  ...PROXIES,
  ...NAME_SERVERS,
  ...WATCHES,
  ...TOOL_ROWS,
  ...DHCP_ROWS,
  ...CONFIGURATION.map(([what, content, ...words]): UsageRow => ({
    input: `a configuration with ${what}`,
    file: ["c.yaml", content],
    run: "resolve web --config {folder}/c.yaml",
    words,
  })),
  {
    input: "a configuration that is missing",
    run: "resolve web --config {folder}/none.yaml",
    words: ["{folder}/none.yaml", "no such file"],
  },
  {
    input: "a configuration that is a folder",
    run: "resolve web --config {folder}",
    words: ["{folder}", "directory"],
  },
  {
    input: "a configuration without end",
    run: "resolve web --config /dev/zero",
    words: ["/dev/zero"],
  },
].map((row: UsageRow) => commandRow({ ...row, code: 2, env: { ...ENV, ...row.env } }));

/** Nine of nothing, nine times nine of it, and so on: short to write, endless to read. */
function aliasBomb(names: string): string {
  const lines = [...names].map((name, index) => {
    const item = index === 0 ? "x" : `*${names[index - 1]}`;
    return `${name}: &${name} [${Array(9).fill(item).join(", ")}]\n`;
  });
  return lines.join("");
}

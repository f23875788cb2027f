/** What is said of names that there are not: one mechanism for all kinds of them. */

import assert from "node:assert/strict";
import { closest, didYouMean } from "../../cli/did_you_mean.ts";
import { run } from "./fake_world.ts";

const NAMES = ["resolve", "register", "registrar", "report-unreachable"];

Deno.test("the closest name, within two of five letters", () => {
  assert.equal(closest("reslove", NAMES), "resolve");
  assert.equal(closest("RESOLVE", NAMES), "resolve");
  assert.equal(closest("registrer", NAMES), "register");
  assert.equal(closest("x", NAMES), undefined);
  assert.equal(closest("", NAMES), undefined);
  assert.equal(didYouMean("nothing", NAMES), "");
});

Deno.test("the only name that begins so is meant, however much is missing", () => {
  assert.equal(closest("rep", NAMES), "report-unreachable");
  assert.equal(closest("reg", NAMES), undefined, "two begin so");
  assert.equal(closest("--re", ["--report", "--timeout"]), "--report");
  assert.equal(closest("--r", ["--report", "--timeout"]), undefined, "one letter says nothing");
  assert.equal(closest("re", ["report", "report"]), "report", "given twice, it is one");
});

const REGISTER = "register web --port 80";

/** Every kind of name that can be mistyped. */
const MISTYPED: readonly (readonly [line: string, words: string])[] = [
  ["reslove web", "unknown command 'reslove' (did you mean resolve?)"],
  ["res web", "unknown command 'res' (did you mean resolve?)"],
  ["help reslove", "unknown command 'reslove' (did you mean resolve?)"],
  ["hlep", "unknown command 'hlep' (did you mean help?)"],
  ["list", "unknown command 'list'"],
  [
    "deregister web",
    "unknown command 'deregister'; only the pool element itself can de-register: stop its " +
    '"rserpool register"',
  ],
  ["certs isue", "unknown command 'isue' (did you mean issue?)"],
  ["certs issue elemnt x", "unknown command 'elemnt' (did you mean element?)"],
  ["help certs isue", "unknown command 'isue' (did you mean issue?)"],
  ["certs help isue", "unknown command 'isue' (did you mean issue?)"],
  ["certs issue help elemnt", "unknown command 'elemnt' (did you mean element?)"],
  ["help certs issue elemnt", "unknown command 'elemnt' (did you mean element?)"],
  ["resolve web --tiemout 1s", "unknown option '--tiemout' (did you mean --timeout?)"],
  ["--tiemout 1s resolve web", "unknown option '--tiemout' (did you mean --timeout?)"],
  ["resolve web --fir", "unknown option '--fir' (did you mean --first?)"],
  ["resolve web --hepl", "unknown option '--hepl' (did you mean --help?)"],
  ["certs --dri x list", "unknown option '--dri' (did you mean --dir?)"],
  ["decode --regstrar x 00", "unknown option '--regstrar'"],
  ["resolve web --policy random", "unknown option '--policy'; it is an option of register"],
  [
    `${REGISTER} --weight 3`,
    "unknown option '--weight'; write --policy weighted-round-robin:weight=N",
  ],
  ["resolve web -x", "unknown option '-x'"],
  [
    "dhcp run --share 1/2 dnsmasq -C lan1.conf",
    "unknown option '-C'; write behind --: dnsmasq and its arguments",
  ],
  ["dhcp leases -C lan1.conf", "unknown option '-C'"],
  [
    `${REGISTER} nginx -g daemon`,
    "unknown option '-g'; write behind --: a command that runs the service, and its arguments",
  ],
  ["register web -g -- nginx", "unknown option '-g'"],
  [
    "resolve web -o jsn",
    '--output: "jsn" is not one of table, json, ndjson, yaml, csv (did you mean json?)',
  ],
  [
    `${REGISTER} --policy round-robbin`,
    '--policy: unknown policy "round-robbin" (did you mean round-robin?)',
  ],
  [
    `${REGISTER} --policy weighted-random:wieght=2`,
    '--policy: policy weighted-random has no key "wieght" (did you mean weight?)',
  ],
  [
    `${REGISTER} --protocol tpc`,
    '--protocol: "tpc" is not one of tcp, udp, sctp, udp-lite, dccp (did you mean tcp?)',
  ],
  [`${REGISTER} --timing fsat`, '--timing: "fsat" is not one of rfc, fast (did you mean fast?)'],
  [
    `${REGISTER} --check htp:/`,
    '--check: "htp:/" is not one of tcp, http:PATH, exec:COMMAND, none (did you mean http?)',
  ],
  [
    `${REGISTER} --policy least-used --load fiel:x`,
    '--load: "fiel:x" is not one of exec:COMMAND, file:PATH (did you mean file?)',
  ],
  [
    "registrar --arbitration larger",
    '--arbitration: "larger" is not one of larger-wins, smaller-wins (did you mean larger-wins?)',
  ],
  ["resolve web --format {adress}", 'unknown field "{adress}" (did you mean address?)'],
  ["doctor --as operater", "(did you mean operator?)"],
  ["simulate --faults crahs", "(did you mean crash?)"],
  ["decode --protocol enpr 00", '"enpr" is not one of asap, enrp (did you mean enrp?)'],
  ["certs revoke x --reason superceded", "(did you mean superseded?)"],
  ["completions bsh", '"bsh" is not one of bash, zsh, fish (did you mean bash?)'],
];

for (const [line, words] of MISTYPED) {
  Deno.test(`rserpool ${line}: ${words.slice(-40)}`, async () => {
    const { code, stdout, stderr } = await run(line);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, "");
    const isHint = words.endsWith(")");
    assert.ok(isHint ? stderr.includes(words) : stderr.endsWith(`${words}\n`), stderr);
    assert.equal(stderr.split("\n").length, 2, stderr);
  });
}

Deno.test("a key of the configuration file is corrected, too", async () => {
  const files = { "c.yaml": "regstrar: x\n", "d.yaml": "register:\n  polcy: random\n" };
  const { stderr } = await run("resolve web --config c.yaml", { files });
  assert.match(stderr, /c\.yaml:1:1: unknown key "regstrar" \(did you mean registrar\?\)/);
  const { stderr: other } = await run("resolve web --config d.yaml", { files });
  assert.match(other, /d\.yaml:2:3: unknown key "polcy" \(did you mean policy\?\)/);
});

Deno.test("a value in the configuration file is corrected, too", async () => {
  const files = { "c.yaml": "register:\n  policy: round-robbin\n" };
  const { code, stderr } = await run("resolve web --config c.yaml", { files });
  assert.equal(code, 2);
  assert.match(stderr, /c\.yaml:2:11: .*"round-robbin" \(did you mean round-robin\?\)/);
});

/** What registrars tell of pools, and that nothing is said when they do not. */

import assert from "node:assert/strict";
import { readLine } from "../../../cli/completion/line.ts";
import { LIVE_TIMEOUT_MS, LiveNames } from "../../../cli/completion/live.ts";
import { runComplete } from "../../../cli/completion/run.ts";
import { FakeWorld, type Given, run } from "../fake_world.ts";

const TABLE = {
  registrar: { identifier: 1, address: { host: "127.0.0.1", port: 1 } },
  pools: ["web", "-o", "--", "hex:00ff", "with space"].map((poolHandle) => ({
    poolHandle,
    poolElements: [],
  })),
};

/** A world in which registrars are waited for as long as it takes. */
class PatientWorld extends FakeWorld {
  pauses: number[] = [];
  override pause(milliseconds: number): Promise<void> {
    this.pauses.push(milliseconds);
    return new Promise(() => {});
  }
}

function answering(): Given {
  return { observer: { handleTable: () => Promise.resolve(TABLE as never) } };
}

async function poolsOf(words: readonly string[], given: Given, world = new PatientWorld(given)) {
  const live = new LiveNames(world, await readLine(words, ""));
  return { texts: (await live.pools()).map(({ text }) => text), world };
}

Deno.test("pool handles are those of the registrar that the line names", async () => {
  const line = ["resolve", "-r", "192.0.2.1", "--timeout", "200ms"];
  const { texts, world } = await poolsOf(line, answering());
  assert.deepEqual(texts, ["web", "hex:2d6f", "hex:2d2d", "hex:00ff", "with space"]);
  assert.deepEqual(world.made[0]!.registrars, [{ host: "192.0.2.1", port: 9901 }]);
  assert.equal(world.made[0]!.staggerMs, 200);
  assert.equal(world.stderrText, "");
});

Deno.test("behind -- a handle may begin with a hyphen", async () => {
  const { texts } = await poolsOf(["resolve", "--"], answering());
  assert.deepEqual(texts, ["web", "-o", "--", "hex:00ff", "with space"]);
});

Deno.test("the environment and the configuration file name registrars, too", async () => {
  const env = { RSERPOOL_REGISTRAR: "a", RSERPOOL_ENRP_REGISTRAR: "b:1" };
  const { world } = await poolsOf(["dump"], { ...answering(), env });
  assert.deepEqual(world.made[0]!.registrars, [{ host: "b", port: 1 }]);
  const files = { "c.yaml": "client:\n  registrar: c\n" };
  const { world: other } = await poolsOf(["connect", "--config", "c.yaml"], {
    ...answering(),
    files,
  });
  assert.deepEqual(other.made[0]!.registrars, [{ host: "c", port: 9901 }]);
});

Deno.test("a registrar is waited for a moment only, whatever --timeout says", async () => {
  const never = { observer: { handleTable: () => new Promise<never>(() => {}) } };
  const world = new FakeWorld(never);
  const { texts } = await poolsOf(["resolve", "--timeout", "1h"], never, world as PatientWorld);
  assert.deepEqual(texts, []);
  assert.equal(world.clock, LIVE_TIMEOUT_MS);
  const { world: patient } = await poolsOf(["resolve", "--timeout", "1h"], answering());
  assert.equal(patient.made[0]!.staggerMs, LIVE_TIMEOUT_MS);
  assert.deepEqual(patient.pauses, [LIVE_TIMEOUT_MS]);
});

const SILENT: readonly (readonly [why: string, words: readonly string[], given?: Given])[] = [
  ["none answers", ["resolve"], {
    observer: { handleTable: () => Promise.reject(new Error("refused")) },
  }],
  ["an option is wrong", ["resolve", "--timeout", "5"], answering()],
  ["the environment is wrong", ["resolve"], { ...answering(), env: { RSERPOOL_TLS: "maybe" } }],
  ["the port of ENRP is not known", ["resolve", "-r", "127.0.0.1:4000"], answering()],
  ["a file is missing", ["resolve", "--ca", "none.crt"], answering()],
  ["the configuration is wrong", ["resolve", "--config", "c"], {
    ...answering(),
    files: { c: "nosuch: 1\n" },
  }],
  ["there is no command", [], answering()],
];

for (const [why, words, given] of SILENT) {
  Deno.test(`nothing is offered and nothing is said if ${why}`, async () => {
    const { texts, world } = await poolsOf(words, given!);
    assert.deepEqual(texts, []);
    assert.equal(world.stderrText + world.stdoutText, "");
  });
}

async function answerOf(words: readonly string[], given: Given): Promise<string> {
  const world = new PatientWorld(given);
  await runComplete(words, world);
  return world.stdoutText;
}

Deno.test("a shell gets a line that says what follows, then a line for each word", async () => {
  assert.equal(
    await answerOf(["bash", "rserpool resolve w", "w"], answering()),
    "words 0\nweb\nwith\\ space\n",
  );
  assert.equal(
    await answerOf(["zsh", "resolve", "w"], answering()),
    "words 0\nweb\t0 pool elements\nwith space\t0 pool elements\n",
  );
  assert.equal(await answerOf(["fish", "resolve", "--ca=x"], {}), "files 5\n");
  assert.equal(await answerOf(["bash", "rserpool resolve >x", "x"], {}), "files 0\n");
  assert.equal(await answerOf(["zsh", "register", "x", "--check", "h"], {}), "open 0\nhttp:/\t\n");
  assert.match(await answerOf(["bash"], {}), /^words 0\nregistrar\n/);
  assert.match(await answerOf([], {}), /^words 0\nregistrar\t/);
});

Deno.test("~ and variables of the line are followed; nothing is run", async () => {
  const files = { "/home/me/c.yaml": "client:\n  registrar: c\n" };
  const env = { HOME: "/home/me", WHERE: "192.0.2.1" };
  for (
    const [words, host] of [
      [["resolve", "--config", "~/c.yaml", "w"], "c"],
      [["resolve", "-r", "$WHERE", "w"], "192.0.2.1"],
      [["resolve", "-r", "${WHERE}", "w"], "192.0.2.1"],
    ] as const
  ) {
    const world = new PatientWorld({ ...answering(), files, env });
    await runComplete(["zsh", ...words], world);
    assert.deepEqual(world.made[0]!.registrars, [{ host, port: 9901 }]);
  }
  const world = new PatientWorld({ ...answering(), env });
  await runComplete(["zsh", "resolve", "-r", "$(touch canary)", "w"], world);
  assert.deepEqual(world.made, []);
});

Deno.test("a control character is never handed to a shell", async () => {
  const pools = [{ poolHandle: "bad\nline", poolElements: [] }, {
    poolHandle: "b",
    poolElements: [],
  }];
  const handleTable = () => Promise.resolve({ ...TABLE, pools } as never);
  assert.equal(
    await answerOf(["zsh", "resolve", "b"], { observer: { handleTable } }),
    "words 0\nb\t0 pool elements\n",
  );
});

Deno.test("a broken configuration keeps nobody from completing commands", async () => {
  const { code, stdout, stderr } = await run("__complete bash rserpool", {
    env: { RSERPOOL_CONFIG: "none", RSERPOOL_OUTPUT: "nosuch" },
  });
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "words 0\n", stderr: "" });
  const { stdout: all } = await run(["__complete", "bash", "rserpool ", ""], {});
  assert.match(all, /^words 0\nregistrar\nregister\n/);
});

for (const shell of ["bash", "zsh", "fish"]) {
  Deno.test(`completions ${shell} prints a script and nothing else`, async () => {
    const { code, stdout, stderr } = await run(`completions ${shell}`);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /rserpool __complete|program"? __complete/);
  });
}

Deno.test("a shell without completions is told from those that have them", async () => {
  const { code, stderr } = await run("completions fsh");
  assert.equal(code, 2);
  assert.match(stderr, /^rserpool: SHELL: "fsh" is not one of bash, zsh, fish \(did you mean/);
});

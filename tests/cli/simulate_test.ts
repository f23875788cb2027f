/** `simulate`: runs by seed, violations with their shortest story, and campaigns. */
import assert from "node:assert/strict";
import type { Context } from "../../cli/command.ts";
import { EXIT } from "../../cli/exit.ts";
import { Log } from "../../cli/log.ts";
import { Output } from "../../cli/output.ts";
import { simulate, type SimulateOptions } from "../../cli/simulate/runs.ts";
import { FAULT_CLASSES, formatScript, parseScript, playScript, Stage } from "../../lib/sim/mod.ts";
import { Broken } from "../sim/broken.ts";
import { FakeWorld, type Given, run, runIn } from "./fake_world.ts";

const SMALL = "--registrars 2 --elements 4 --users 2 --hours 0.1 --timing fast";

async function json(line: string, given: Given = {}) {
  const ran = await run(["simulate", "-o", "json", ...line.split(" ")], given);
  assert.equal(ran.code, 0, ran.stderr);
  return JSON.parse(ran.stdout);
}

/** A file that is removed when the test is over. */
async function temporary() {
  const folder = await Deno.makeTempDir({ prefix: "rserpool-simulate-" });
  const path = `${folder}/file`;
  return { path, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

Deno.test("runs are played by their seeds, and told as JSON", async () => {
  const summary = await json(`${SMALL} --seed 1 --runs 2`);
  assert.equal(summary.runs, 2);
  assert(summary.clusterHours > 0.1);
  assert(summary.messages > 1000 && summary.faults > 5);
  assert.deepEqual(summary.violations, []);
  const again = await json(`${SMALL} --seed 1 --runs 2`);
  assert.deepEqual({ ...again, clusterHoursPerMinute: 0 }, {
    ...summary,
    clusterHoursPerMinute: 0,
  });
});

Deno.test("for eyes there is a table, and with -v a line for each run", async () => {
  const ran = await run(["simulate", ...`${SMALL} --seed 3 --runs 2 -v`.split(" ")], {});
  assert.equal(ran.code, 0);
  assert.match(ran.stdout, /^FIGURE +VALUE\nseed of the first run +3\nruns +2\ncluster-hours /);
  const csv = await run(["simulate", "-o", "csv", ...`${SMALL} --seed 3`.split(" ")], {});
  assert.match(csv.stdout, /^figure,value\nseed of the first run,3\nruns,1\n/);
  assert.match(ran.stderr, /info: seed 3 virtualHours=.*\n.*info: seed 4 virtualHours=/);
});

Deno.test("a random seed is said before it is played, and in the summary", async () => {
  const { stdout, stderr } = await run(["simulate", ...`${SMALL} -o csv`.split(" ")], {});
  const [, seed] = /notice: seed (\d+)\n$/.exec(stderr)!;
  assert.match(stdout, new RegExp(`^figure,value\nseed of the first run,${seed}\nruns,1\n`));
});

Deno.test("changes of load are no faults", async () => {
  assert.equal((await json(`${SMALL} --seed 1 --faults none`)).faults, 0);
});

Deno.test("a file that no story can be kept in is refused at once, others stay as is", async () => {
  const { code, stdout, stderr } = await run(["simulate", "--keep", "/dev/null/story"], {});
  assert.deepEqual([code, stdout], [EXIT.usage, ""]);
  assert.match(stderr, /--keep: cannot write \/dev\/null\/story: /);
  await using file = await temporary();
  await json(`${SMALL} --seed 1 --keep ${file.path}`);
  await assert.rejects(Deno.stat(file.path), Deno.errors.NotFound);
  await Deno.writeTextFile(file.path, "a story");
  await json(`${SMALL} --seed 1 --keep ${file.path}`);
  assert.equal(await Deno.readTextFile(file.path), "a story");
});

Deno.test("what is no seed, no class of faults and no number of hours is exit 2", async () => {
  for (
    const [line, words] of [
      ["--seed x", /--seed: "x" is not a whole number/],
      ["--faults crash,rain", /--faults: "rain" is not one of crash, /],
      ["--hours 0", /--hours: "0" is no number of hours/],
      ["--registrars 0", /--registrars: "0" is not a whole number from 1/],
      ["--elements 50001", /--elements: "50001" is not a whole number from 1 to 50000/],
      ["--security tls", /--security: "tls" is not one of none, certificate, psk, both/],
      ["--topology ring", /--topology: "ring" is not one of random, mesh, chain, announced, apart/],
    ] as const
  ) {
    const { code, stderr } = await run(["simulate", ...line.split(" ")], {});
    assert.equal(code, EXIT.usage);
    assert.match(stderr, words);
  }
});

Deno.test("a secured cluster is another run, which its story says how to play again", async () => {
  const { code, stdout } = await broken({ security: "both" });
  assert.equal(code, EXIT.wrong);
  assert.match(stdout, /^# A part of: .* --security both$/m);
  assert.match(stdout, /^cluster .* security=both$/m);
});

Deno.test("SIGINT ends it in order, with a summary of what was played", async () => {
  const ran = await run([
    "simulate",
    "-o",
    "json",
    "--elements",
    "5",
    "--users",
    "1",
    "--hours",
    "50",
  ], {
    onPause: (world) => world.signal("SIGINT"),
  });
  assert.equal(ran.code, 0);
  const { runs, clusterHours } = JSON.parse(ran.stdout);
  assert.equal(runs, 1);
  assert(clusterHours > 0.9 && clusterHours < 2);
});

/** A world in which nothing is quick. */
class SlowWorld extends FakeWorld {
  private looked = 0;

  override now(): number {
    return this.looked += 100;
  }
}

Deno.test("the slower a cluster is, the shorter a signal waits", async () => {
  let pauses = 0;
  const world = new SlowWorld({
    onPause: (paused) => {
      if (++pauses === 6) paused.signal("SIGINT");
    },
  });
  const code = await runIn(world, `simulate -o json --seed 1 ${SMALL}`);
  assert.equal(code, 0);
  // Six slices of the longest kind would be 0.03 hours.
  assert.equal(JSON.parse(world.stdoutText).clusterHours, 0);
});

Deno.test("a campaign has a line for each run, and goes on where it was", async () => {
  await using file = await temporary();
  const line = `${SMALL} --seed 10 --campaign ${file.path} --label tried`;
  assert.equal((await json(`${line} --runs 2`)).runs, 2);
  assert.equal((await json(`${line} --runs 3`)).runs, 1);
  assert.equal((await json(`${line} --runs 3`)).runs, 0);
  // Whatever was begun and not ended is played again.
  await Deno.writeTextFile(file.path, '{"seed":13,"set', { append: true });
  assert.equal((await json(`${line} --runs 4`)).runs, 1);
  const text = await Deno.readTextFile(file.path);
  const lines = text.trimEnd().split("\n").map((each) => JSON.parse(each));
  assert.deepEqual(lines.map(({ seed }) => seed), [10, 11, 12, 13]);
  for (const { label, violation, virtualHours, settings } of lines) {
    assert.equal(label, "tried");
    assert.equal(violation, null);
    assert(virtualHours > 0.05);
    assert.deepEqual(settings.faults, FAULT_CLASSES);
  }
  assert.equal((await json(`${line} --runs 2 --faults none`)).runs, 2, "other runs");
});

Deno.test("what is no log of a campaign is exit 2, and stays as it is", async () => {
  await using file = await temporary();
  for (const text of ["not a log", "not a log\n", '{"seed":1}\n']) {
    await Deno.writeTextFile(file.path, text);
    const { code, stderr } = await run(["simulate", "--campaign", file.path], {});
    assert.equal(code, EXIT.usage, text);
    assert.match(stderr, /file:1:1: this is no line of a campaign/);
    assert.equal(await Deno.readTextFile(file.path), text);
  }
});

const OPTIONS: SimulateOptions = {
  ...{ registrars: 1, elements: 6, users: 2, hours: 0.1, seed: 4, runs: 3, timing: "rfc" },
  ...{ faults: ["crash"], topology: "mesh", security: "none", between: undefined },
  ...{ keep: undefined, campaign: undefined, label: undefined, output: "table", shrink: 600_000 },
};

/** A registrar that never hears that a connection was lost. */
const sabotage: Parameters<typeof simulate>[2] = {
  registrar: (right) =>
    new Broken(right, { input: (input) => input.type === "disconnected" ? undefined : input }),
};

async function broken(options: Partial<SimulateOptions>) {
  const world = new FakeWorld({});
  const settings = { output: "table", noHeader: false, color: false, quiet: false } as const;
  const context: Context = {
    stdout: new Output(world.stdout, { ...settings, ...options }),
    log: new Log((line) => world.stderr.write(new TextEncoder().encode(line))),
    signal: new AbortController().signal,
    world,
    api: () => world.loadApi(),
    clientApi: () => world.loadClientApi(),
    sourceOf: () => "default",
    argumentsBeforeDashes: undefined,
    configuration: undefined,
    reread: () => Promise.resolve({ configuration: undefined, changes: [] }),
  };
  const code = await simulate(context, { ...OPTIONS, ...options }, sabotage);
  return { code, stdout: world.stdoutText, stderr: world.stderrText };
}

Deno.test("a violation is exit 7, and its shortest story can be kept and played", async () => {
  await using file = await temporary();
  const { code, stdout, stderr } = await broken({ keep: file.path });
  assert.equal(code, EXIT.wrong);
  assert.equal(code, 7);
  assert.match(stderr, /rserpool: seed 4: \w+: /);
  const story = await Deno.readTextFile(file.path);
  assert.match(stdout, /^FIGURE +VALUE\nseed[^]*runs +1\n[^]*violations +1\n\n# \w+: /);
  assert(stdout.endsWith(story));
  assert.match(story, /# A part of: rserpool simulate --seed 4 --registrars 1 --elements 6 /);
  const blocks = parseScript(story);
  assert.equal(formatScript(blocks, playScript(blocks, new Stage({ sabotage }))), story);
  assert.doesNotMatch(formatScript(blocks, playScript(blocks)), /^ .*!! /m, "all is well");
});

Deno.test("a campaign goes on after a violation, and is exit 7 at its end", async () => {
  await using file = await temporary();
  const { code, stdout } = await broken({ campaign: file.path, output: "json" });
  assert.equal(code, EXIT.wrong);
  const { runs, violations } = JSON.parse(stdout);
  assert.equal(runs, 3);
  assert.equal(violations.length, 3);
  assert.equal(violations[0].story, undefined);
  const [first] = (await Deno.readTextFile(file.path)).split("\n");
  assert.equal(JSON.parse(first!).violation.checker, violations[0].checker);
});

/** Someone goes away: the reader of a pipe, the person at the keyboard, the whole terminal. */
import assert from "node:assert/strict";
import { isAlive, type Running } from "../harness.ts";
import type { Row } from "./row.ts";
import type { Stage } from "./stage.ts";

/** Commands of which nobody reads the output. */
const BROKEN_PIPES = [
  "resolve bystander -r {asap}",
  "dump --enrp-registrar {enrp} -o json",
  "status --enrp-registrar {enrp}",
  "decode 0b000008000d0004",
  "--help",
].map((run): Row => ({
  input: `a broken pipe: ${run.replaceAll(/[{}]/g, "")}`,
  answer: "exit 141, silently",
  async check(stage) {
    const args = run.split(" ").map((each) => stage.expand(each));
    // The reader has gone before the command begins, so that its first write fails.
    const script = 'mkfifo "$0" && { : <"$0" & } && exec 3>"$0" && wait && exec rserpool "$@" >&3';
    const fifo = await Deno.makeTempFile({ dir: stage.scratch.folder });
    await Deno.remove(fifo);
    const outcome = await stage.scratch.spawn("sh", ["-c", script, fifo, ...args]).ended;
    assert.equal(outcome.code, 141, outcome.stderr);
    assert.equal(outcome.stderr, "");
  },
}));

const ONE_SHOT: Row = {
  input: "Ctrl-C while resolve waits",
  answer: "it dies of SIGINT",
  async check(stage) {
    const args = ["resolve", "web", "-r", stage.places.silent!, "-v", "--timeout", "60s"];
    const touched = stage.touchesSilent();
    const running = stage.scratch.start(args);
    await touched;
    const outcome = await running.stop("SIGINT");
    assert.equal(outcome.signal, "SIGINT");
    assert.equal(outcome.stdout, "");
  },
};

interface Moment {
  readonly when: string;
  readonly registrar: string;
  /** Resolved at the moment at which it is interrupted. */
  readonly come: (stage: Stage, running: Running, pidFile: string) => Promise<unknown>;
}

const MOMENTS: readonly Moment[] = [
  { when: "at once", registrar: "{asap}", come: () => Promise.resolve() },
  {
    when: "when the child runs",
    registrar: "{asap}",
    come: (stage, _running, pidFile) => stage.fileIsThere(pidFile),
  },
  { when: "when registered", registrar: "{asap}", come: (stage) => stage.poolIsThere("kid") },
  { when: "when ready", registrar: "{asap}", come: (_stage, running) => running.ready() },
  {
    when: "while no registrar is there",
    registrar: "{refused}",
    come: (stage, _running, pidFile) => stage.fileIsThere(pidFile),
  },
  {
    when: "while the registrar is silent",
    registrar: "{silent}",
    come: (stage) => stage.touchesSilent(),
  },
];

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

const INTERRUPTED: readonly Row[] = MOMENTS.flatMap(({ when, registrar, come }) =>
  SIGNALS.map((signal): Row => ({
    input: `register: ${signal} ${when}`,
    answer: "the element is de-registered, the child is gone",
    async check(stage) {
      const folder = await Deno.makeTempDir({ dir: stage.scratch.folder });
      const pidFile = `${folder}/pid`;
      const options = ["-r", stage.expand(registrar), "--port", "8083", "--check", "none"];
      const command = ["sh", "-c", "echo $$ >pid.new; mv pid.new pid; exec sleep 1000"];
      const args = ["kid", ...options, "--drain", "0s", "--", ...command];
      const running = stage.scratch.serve("register", args, { cwd: folder });
      await come(stage, running, pidFile);
      const outcome = await running.stop(signal);
      await stage.poolIsGone("kid");
      const pid = Number(await Deno.readTextFile(pidFile).catch(() => "0"));
      if (pid !== 0) assert.equal(isAlive(pid), false);
      // Before it has begun to listen it dies of the signal; a child that it stops, of SIGTERM.
      const codes = [130, 143, 0];
      assert.ok(codes.includes(outcome.code), `exit ${outcome.code}:\n${outcome.stderr}`);
      assert.equal(outcome.stdout, "");
      assert.doesNotMatch(outcome.stderr, /^\s+at .*:\d+:\d+/m);
    },
  }))
);

const REGISTRAR_INTERRUPTED: readonly Row[] = SIGNALS.map((signal) => ({
  input: `registrar: ${signal}`,
  answer: "exit 0, and the ready file is gone",
  async check(stage) {
    const args = ["--asap", "127.0.0.1:0", "--enrp", "127.0.0.1:0"];
    const ready = `${stage.scratch.folder}/stopped.ready`;
    const running = stage.scratch.start(["registrar", "--ready-file", ready, ...args]);
    await stage.fileIsThere(ready);
    const outcome = await running.stop(signal);
    assert.equal(outcome.code, 0, outcome.stderr);
    await assert.rejects(Deno.stat(ready), Deno.errors.NotFound);
  },
}));

const TERMINAL_CLOSED: readonly Row[] = [true, false].map((hasChild) => ({
  input: `register: its terminal is closed, ${hasChild ? "with a child" : "without a child"}`,
  answer: "the element is de-registered, nothing is left running",
  needs: "python3",
  async check(stage) {
    const { scratch, registrar } = stage;
    const folder = await Deno.makeTempDir({ dir: scratch.folder });
    const script = decodeURIComponent(new URL("./terminal.py", import.meta.url).pathname);
    const options = ["-r", registrar.at.asap, "--port", "8083", "--check", "none", "--drain", "0s"];
    const ready = `${folder}/ready`;
    const command = hasChild ? ["--", "sleep", "1000"] : [];
    const args = ["register", "kid", ...options, "--ready-file", ready, ...command];
    const terminal = scratch.spawn("python3", [script, "rserpool", ...args], { cwd: folder });
    await stage.fileIsThere(ready);
    await stage.poolIsThere("kid");
    const { pid, childPid } = JSON.parse(await Deno.readTextFile(ready));
    terminal.kill("SIGUSR1");
    await terminal.ended;
    await stage.poolIsGone("kid");
    assert.equal(isAlive(pid), false);
    if (hasChild) assert.equal(isAlive(childPid), false);
  },
}));

/** The rows. */
export const INTERRUPTED_ROWS: readonly Row[] = [
  ...BROKEN_PIPES,
  ONE_SHOT,
  ...INTERRUPTED,
  ...REGISTRAR_INTERRUPTED,
  ...TERMINAL_CLOSED,
];

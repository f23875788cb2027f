import assert from "node:assert/strict";
import type { SupervisorEvent } from "../../../cli/supervisor/contract.ts";
import { type ElementInput, type RunParts, runSupervised } from "../../../cli/supervisor/runner.ts";
import { NamedPipe } from "../named_pipe.ts";

/** A world of one supervised run: a registrar that grants everything, and signals by hand. */
class Stage {
  readonly story: string[] = [];
  readonly childPids: (number | undefined)[] = [];
  readonly logs: string[] = [];
  onStory: (event: string) => void = () => {};
  /** Whether the registrar answers. */
  answers = true;
  private readonly handlers = new Map<Deno.Signal, Set<() => void>>();

  /** As if this process had received a signal. */
  signal(name: Deno.Signal): void {
    for (const handler of this.handlers.get(name) ?? []) handler();
  }

  get listening(): number {
    return [...this.handlers.values()].reduce((sum, handlers) => sum + handlers.size, 0);
  }

  parts(command: readonly string[], parts: Partial<RunParts> = {}): RunParts {
    return {
      command,
      settings: { drainMs: 0, stopTimeoutMs: 10_000, random: () => 0.5 },
      checks: {
        check: { type: "none" },
        intervalMs: 10,
        timeoutMs: 5000,
        rise: 1,
        fall: 1,
      },
      target: () => assert.fail("nothing is looked at"),
      onSignal: (name, handler) => {
        const handlers = this.handlers.get(name) ?? new Set();
        this.handlers.set(name, handlers.add(handler));
        return () => handlers.delete(handler);
      },
      element: (tell) => this.element(tell),
      ready: (childPid) => {
        this.childPids.push(childPid);
        this.tell("ready");
        return Promise.resolve();
      },
      log: ({ level, message }: SupervisorEvent) => this.logs.push(`${level}: ${message}`),
      ...parts,
    };
  }

  private element(tell: (input: ElementInput) => void) {
    const answer = (what: string, input: ElementInput) => {
      this.tell(what);
      if (this.answers) queueMicrotask(() => tell(input));
    };
    return {
      register: () => answer("register", { type: "granted", registrar: "x", isNew: true }),
      deregister: () => answer("deregister", { type: "deregistered" }),
      abandon: () => this.tell("abandon"),
      close: () => Promise.resolve(this.tell("close")),
    };
  }

  private tell(event: string): void {
    this.story.push(event);
    this.onStory(event);
  }
}

const sh = (script: string) => ["sh", "-c", script];

Deno.test("SIGTERM: the child ends in order, and its code comes through", async () => {
  await using up = await NamedPipe.create();
  const stage = new Stage();
  const running = runSupervised(
    stage.parts(sh(`trap 'exit 5' TERM; : > ${up.path}; while :; do sleep 0.05; done`)),
  );
  await up.writersGone;
  stage.signal("SIGTERM");
  assert.equal(await running, 5);
  assert.deepEqual(stage.story, ["register", "ready", "deregister", "close"]);
  assert.ok(stage.childPids[0]! > 0);
  assert.equal(stage.listening, 0);
});

Deno.test("SIGINT: a child without a handler dies of SIGTERM: 143", async () => {
  const stage = new Stage();
  stage.onStory = (event) => event === "ready" && stage.signal("SIGINT");
  assert.equal(await runSupervised(stage.parts(["sleep", "1000"])), 143);
  assert.deepEqual(stage.story, ["register", "ready", "deregister", "close"]);
});

Deno.test("a child that ignores SIGTERM is killed after the stop timeout: 137", async () => {
  await using up = await NamedPipe.create();
  const stage = new Stage();
  const script = `trap '' TERM; : > ${up.path}; while :; do sleep 0.05; done`;
  const settings = { drainMs: 0, stopTimeoutMs: 50, random: () => 0 };
  const running = runSupervised(stage.parts(sh(script), { settings }));
  await up.writersGone;
  stage.signal("SIGTERM");
  assert.equal(await running, 137);
});

Deno.test("a child that ends by itself: its code, or 128 and its signal", async () => {
  for (const [script, code] of [["exit 7", 7], ["exit 0", 0], ["kill -9 $$", 137]] as const) {
    const stage = new Stage();
    stage.parts([]);
    assert.equal(await runSupervised(stage.parts(sh(script))), code, script);
    assert.equal(stage.story.at(-1), "close");
    const registered = stage.story.includes("register");
    assert.equal(stage.story.includes("deregister"), registered);
  }
});

Deno.test("commands that cannot be started: 127 and 126, and nothing is registered", async () => {
  for (const [command, code] of [["no-such-command", 127], ["/dev/null", 126]] as const) {
    const stage = new Stage();
    assert.equal(await runSupervised(stage.parts([command])), code);
    assert.deepEqual(stage.story, ["close"]);
    assert.equal(stage.logs.filter((line) => line.startsWith("error: ")).length, 1);
  }
});

Deno.test("HUP, USR2 and WINCH reach the child", async () => {
  for (const name of ["HUP", "USR2", "WINCH"] as const) {
    await using up = await NamedPipe.create();
    await using heard = await NamedPipe.create();
    const stage = new Stage();
    const script = `trap ': > ${heard.path}' ${name}; : > ${up.path}; while :; do sleep 0.02; done`;
    const running = runSupervised(stage.parts(sh(script)));
    await up.writersGone;
    stage.signal(`SIG${name}`);
    await heard.writersGone;
    stage.signal("SIGTERM");
    assert.equal(await running, 143);
  }
});

Deno.test("where SIGHUP reloads, the child hears of it, too, and nothing ends", async () => {
  await using up = await NamedPipe.create();
  await using heard = await NamedPipe.create();
  const stage = new Stage();
  let reloads = 0;
  const reload = () => Promise.resolve(void reloads++);
  const script = `trap ': > ${heard.path}' HUP; : > ${up.path}; while :; do sleep 0.02; done`;
  const running = runSupervised(stage.parts(sh(script), { reload }));
  await up.writersGone;
  stage.signal("SIGHUP");
  await heard.writersGone;
  stage.signal("SIGTERM");
  assert.equal(await running, 143);
  assert.equal(reloads, 1);
  const alone = new Stage();
  alone.onStory = (event) => {
    if (event !== "ready") return;
    alone.signal("SIGHUP");
    assert.equal(reloads, 2);
    alone.signal("SIGTERM");
  };
  assert.equal(await runSupervised(alone.parts([], { reload })), 0);
  assert.deepEqual(alone.story, ["register", "ready", "deregister", "close"]);
});

Deno.test("registration follows the first passing check of the child's port", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const script = `Deno.serve({ hostname: "127.0.0.1", port: ${port}, onListen() {} }, () =>
    new Response("hello"));`;
  const stage = new Stage();
  const outcomes: boolean[] = [];
  stage.onStory = (event) => event === "ready" && stage.signal("SIGTERM");
  const parts = stage.parts([Deno.execPath(), "eval", script], {
    checks: {
      check: { type: "http", path: "/" },
      intervalMs: 20,
      timeoutMs: 5000,
      rise: 2,
      fall: 1,
    },
    target: () => ({ address: "127.0.0.1", port }),
    looked: ({ passed }) => {
      if (!stage.story.includes("register")) outcomes.push(passed);
    },
  });
  assert.equal(await runSupervised(parts), 143);
  assert.deepEqual(outcomes.slice(-2), [true, true]);
  assert.ok(outcomes.slice(0, -2).every((passed) => !passed));
  assert.deepEqual(stage.story, ["register", "ready", "deregister", "close"]);
});

Deno.test("the ready file cannot be written: the child is ended, exit 1", async () => {
  const stage = new Stage();
  const parts = stage.parts(["sleep", "1000"], {
    ready: () => Promise.reject(new Error("No space left on device (os error 28)")),
  });
  assert.equal(await runSupervised(parts), 1);
  assert.ok(stage.logs.includes("error: no space left on device"));
});

Deno.test("a registrar that does not answer does not hang the stop", async () => {
  const stage = new Stage();
  stage.onStory = (event) => {
    if (event !== "ready") return;
    stage.answers = false;
    stage.signal("SIGTERM");
  };
  const began = performance.now();
  assert.equal(await runSupervised(stage.parts(["sleep", "1000"])), 143);
  assert.ok(performance.now() - began < 30_000);
  assert.deepEqual(stage.story, ["register", "ready", "deregister", "abandon", "close"]);
});

Deno.test("without COMMAND: SIGHUP and SIGTERM end it in order, exit 0", async () => {
  for (const signal of ["SIGTERM", "SIGHUP", "SIGQUIT"] as const) {
    const stage = new Stage();
    stage.onStory = (event) => event === "ready" && stage.signal(signal);
    assert.equal(await runSupervised(stage.parts([])), 0, signal);
    assert.deepEqual(stage.story, ["register", "ready", "deregister", "close"]);
    assert.deepEqual(stage.childPids, [undefined]);
  }
});

Deno.test("processes that the child leaves behind are ended", async () => {
  await using held = await NamedPipe.create();
  const stage = new Stage();
  assert.equal(
    await runSupervised(stage.parts(sh(`exec 3> ${held.path}; sleep 1000 & exit 0`))),
    0,
  );
  await held.writersGone;
  assert.ok(stage.logs.some((line) => /left processes behind/.test(line)));
});

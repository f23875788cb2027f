import assert from "node:assert/strict";
import fc from "fast-check";
import type {
  SupervisorInput,
  SupervisorOutput,
  SupervisorSettings,
} from "../../../cli/supervisor/contract.ts";
import {
  DEREGISTRATION_BOUND_MS,
  KILL_BOUND_MS,
  Supervisor,
  UNGRANTED_BOUND_MS,
} from "../../../cli/supervisor/machine.ts";

/** An input and when it comes, in seconds. */
type Step = [second: number, input: SupervisorInput | SupervisorInput["type"]];

const SETTINGS: SupervisorSettings = {
  hasChild: true,
  drainMs: 5000,
  stopTimeoutMs: 10_000,
  random: () => 1,
};

const PLAIN: Record<string, SupervisorInput> = {
  start: { type: "start" },
  "child-started": { type: "child-started" },
  "group-gone": { type: "group-gone" },
  healthy: { type: "healthy" },
  unhealthy: { type: "unhealthy", reason: "connection refused" },
  "check-failed": { type: "check-failed", reason: "connection refused" },
  granted: { type: "granted", registrar: "127.0.0.1:3863", isNew: true },
  deregistered: { type: "deregistered" },
  rejected: { type: "rejected", code: 5, reason: "Rejected: Inconsistent Pooling Policy" },
  "registrars-failed": { type: "registrars-failed", reason: "connection refused" },
  stop: { type: "stop", reason: "SIGTERM" },
};

function toInput(input: Step[1]): SupervisorInput {
  if (typeof input !== "string") return input;
  const plain = PLAIN[input];
  assert.ok(plain, `no plain input ${input}`);
  return plain;
}

function written(output: SupervisorOutput): string {
  switch (output.type) {
    case "signal-group":
      return output.signal;
    case "write-ready-file":
      return "ready";
    case "log":
      return `${output.level}: ${output.message}`;
    case "exit":
      return `exit ${output.code}`;
    default:
      return output.type;
  }
}

/** Runs steps under virtual time, until the end or the given second; returns what was done when. */
function run(
  steps: readonly Step[],
  settings: Partial<SupervisorSettings> = {},
  options: { log?: boolean; until?: number } = {},
): string[] {
  const machine = new Supervisor({ ...SETTINGS, ...settings });
  const done: string[] = [];
  const queue = steps.map(([second, input]) => ({ at: second * 1000, input: toInput(input) }));
  const hand = (input: SupervisorInput, now: number) => {
    machine.handle(input, now);
    for (let output = machine.poll(); output !== undefined; output = machine.poll()) {
      if (output.type === "log" && options.log !== true) continue;
      done.push(`${now / 1000} ${written(output)}`);
    }
  };
  for (let turn = 0; turn < 1000; turn++) {
    const next = queue[0];
    const due = machine.deadline();
    const at = Math.min(next?.at ?? Infinity, due ?? Infinity);
    if (at === Infinity || at > (options.until ?? Infinity) * 1000) return done;
    if (due !== undefined && due <= (next?.at ?? Infinity)) hand({ type: "deadline" }, due);
    else hand(queue.shift()!.input, at);
  }
  assert.fail("the machine does not come to rest");
}

const exited = (code: number, groupGone = true): SupervisorInput => ({
  type: "child-exited",
  code,
  groupGone,
});

const UP: Step[] = [[0, "start"], [0, "child-started"], [1, "healthy"], [2, "granted"]];
const UP_DONE = ["0 start-child", "0 start-checks", "1 register", "2 ready"];

/** Scenarios: what happens, and everything that is done in answer. */
const SCENARIOS: readonly {
  name: string;
  settings?: Partial<SupervisorSettings>;
  steps: Step[];
  done: string[];
  until?: number;
}[] = [
  {
    name: "the child starts at once, registration follows its first passing check",
    steps: UP,
    done: UP_DONE,
  },
  {
    name: "SIGTERM: de-registered, drained, then TERM, and the child's code comes through",
    steps: [...UP, [10, "stop"], [10.1, "deregistered"], [15.2, exited(0)]],
    done: [...UP_DONE, "10 stop-checks", "10 deregister", "15.1 SIGTERM", "15.2 exit 0"],
  },
  {
    name: "a child that ignores TERM is killed after the stop timeout",
    steps: [...UP, [10, "stop"], [10, "deregistered"], [25, exited(137)]],
    done: [
      ...UP_DONE,
      "10 stop-checks",
      "10 deregister",
      "15 SIGTERM",
      "25 SIGKILL",
      "25 exit 137",
    ],
  },
  {
    name: "a child that not even KILL ends is left after a bound",
    steps: [...UP, [10, "stop"], [10, "deregistered"]],
    done: [
      ...UP_DONE,
      "10 stop-checks",
      "10 deregister",
      "15 SIGTERM",
      "25 SIGKILL",
      `${25 + KILL_BOUND_MS / 1000} exit 137`,
    ],
  },
  {
    name: "a second signal skips the drain",
    steps: [...UP, [10, "stop"], [10.1, "deregistered"], [11, "stop"], [11.2, exited(143)]],
    done: [...UP_DONE, "10 stop-checks", "10 deregister", "11 SIGTERM", "11.2 exit 143"],
  },
  {
    name: "a second signal still waits for the de-registration",
    steps: [...UP, [10, "stop"], [10.1, "stop"], [10.5, "deregistered"], [10.6, exited(143)]],
    done: [...UP_DONE, "10 stop-checks", "10 deregister", "10.5 SIGTERM", "10.6 exit 143"],
  },
  {
    name:
      "a dead registrar holds up the stop no longer than the bound, and the drain runs meanwhile",
    steps: [...UP, [10, "stop"], [16, exited(143)]],
    done: [
      ...UP_DONE,
      "10 stop-checks",
      "10 deregister",
      `${10 + DEREGISTRATION_BOUND_MS / 1000} abandon-registration`,
      "15 SIGTERM",
      "16 exit 143",
    ],
  },
  {
    name: "stopped while a silent registrar has its first registration: a shorter bound, no drain",
    steps: [...UP.slice(0, 3), [2, "stop"], [3, exited(143)]],
    done: [
      ...UP_DONE.slice(0, 3),
      "2 stop-checks",
      "2 deregister",
      `${2 + UNGRANTED_BOUND_MS / 1000} abandon-registration`,
      `${2 + UNGRANTED_BOUND_MS / 1000} SIGTERM`,
      "3 exit 143",
    ],
  },
  {
    name: "the child ends by itself: de-registered at once, exit with its code",
    steps: [...UP, [10, exited(7)], [10.1, "deregistered"]],
    done: [...UP_DONE, "10 stop-checks", "10 deregister", "10.1 exit 7"],
  },
  {
    name: "the child ends by itself while it is drained",
    steps: [...UP, [10, "stop"], [10, "deregistered"], [11, exited(0)]],
    done: [...UP_DONE, "10 stop-checks", "10 deregister", "11 exit 0"],
  },
  {
    name: "the child ends before its de-registration is granted",
    steps: [...UP, [10, "stop"], [10, exited(3)], [11, "deregistered"]],
    done: [...UP_DONE, "10 stop-checks", "10 deregister", "11 exit 3"],
  },
  {
    name: "processes that the child left behind are ended, too",
    steps: [...UP, [10, exited(0, false)], [10, "deregistered"], [12, "group-gone"]],
    done: [
      ...UP_DONE,
      "10 await-group",
      "10 stop-checks",
      "10 deregister",
      "10 SIGTERM",
      "12 exit 0",
    ],
  },
  {
    name: "processes left behind that ignore TERM are killed",
    steps: [...UP, [10, exited(0, false)], [10, "deregistered"]],
    done: [
      ...UP_DONE,
      "10 await-group",
      "10 stop-checks",
      "10 deregister",
      "10 SIGTERM",
      "20 SIGKILL",
      "20 exit 0",
    ],
  },
  {
    name: "a child that ends before any check passed is not registered",
    steps: [[0, "start"], [0, "child-started"], [1, exited(1)]],
    done: ["0 start-child", "0 start-checks", "1 stop-checks", "1 exit 1"],
  },
  {
    name: "stopped before any check passed: no drain, as nobody was sent to it",
    steps: [[0, "start"], [0, "child-started"], [1, "stop"], [1.1, exited(143)]],
    done: ["0 start-child", "0 start-checks", "1 stop-checks", "1 SIGTERM", "1.1 exit 143"],
  },
  {
    name: "stopped while its registration is under way: de-registered, not drained",
    steps: [...UP.slice(0, 3), [1.5, "stop"], [1.6, "deregistered"], [1.7, exited(143)]],
    done: [
      ...UP_DONE.slice(0, 3),
      "1.5 stop-checks",
      "1.5 deregister",
      "1.6 SIGTERM",
      "1.7 exit 143",
    ],
  },
  {
    name: "stopped while a grant is on its way: de-registered and drained",
    steps: [
      ...UP.slice(0, 3),
      [1.5, "stop"],
      [1.6, "granted"],
      [1.7, "deregistered"],
      [7, exited(143)],
    ],
    done: [
      ...UP_DONE.slice(0, 3),
      "1.5 stop-checks",
      "1.5 deregister",
      "6.7 SIGTERM",
      "7 exit 143",
    ],
  },
  {
    name: "command not found",
    steps: [[0, "start"], [0, { type: "child-not-started", code: 127, reason: "not found" }]],
    done: ["0 start-child", "0 exit 127"],
  },
  {
    name: "failing checks de-register, passing ones re-register",
    steps: [
      ...UP,
      [10, "unhealthy"],
      [10.1, "deregistered"],
      [20, "healthy"],
      [20.1, "granted"],
    ],
    done: [...UP_DONE, "10 deregister", "20 register"],
  },
  {
    name: "healthy again before the de-registration is answered",
    steps: [...UP, [10, "unhealthy"], [10.1, "healthy"], [10.2, "deregistered"]],
    done: [...UP_DONE, "10 deregister", "10.2 register"],
    until: 12,
  },
  {
    name: "a de-registration that nobody answers is given up, and then registered afresh",
    steps: [...UP, [10, "unhealthy"], [11, "healthy"]],
    done: [...UP_DONE, "10 deregister", "13 abandon-registration", "13 register"],
    until: 14,
  },
  {
    name: "stopped long after failing checks de-registered it: nothing to drain",
    steps: [...UP, [10, "unhealthy"], [10, "deregistered"], [60, "stop"], [60.1, exited(143)]],
    done: [...UP_DONE, "10 deregister", "60 stop-checks", "60 SIGTERM", "60.1 exit 143"],
  },
  {
    name: "stopped soon after failing checks de-registered it: what is left of the drain",
    steps: [...UP, [10, "unhealthy"], [10, "deregistered"], [12, "stop"], [16, exited(143)]],
    done: [...UP_DONE, "10 deregister", "12 stop-checks", "15 SIGTERM", "16 exit 143"],
  },
  {
    name: "a first registration that is rejected stops the child: exit 5",
    steps: [...UP.slice(0, 3), [2, "rejected"], [2.5, exited(143)]],
    done: [...UP_DONE.slice(0, 3), "2 stop-checks", "2 SIGTERM", "2.5 exit 5"],
  },
  {
    name: "a first registration that is rejected for security: exit 6",
    steps: [
      ...UP.slice(0, 3),
      [2, { type: "rejected", code: 6, reason: "Rejected due to security considerations" }],
      [2.5, exited(0)],
    ],
    done: [...UP_DONE.slice(0, 3), "2 stop-checks", "2 SIGTERM", "2.5 exit 6"],
  },
  {
    name: "rejected after a grant: tried again with back-off",
    steps: [...UP, [10, "rejected"], [11.5, "rejected"], [14, "rejected"], [18.5, "granted"]],
    done: [...UP_DONE, "11 register", "13.5 register", "18 register"],
    until: 100,
  },
  {
    name: "stopped while backing off: de-registered, as a registrar may still hold it",
    steps: [
      ...UP,
      [10, "rejected"],
      [10.5, "stop"],
      [10.6, "deregistered"],
      [15.7, exited(143)],
    ],
    done: [
      ...UP_DONE,
      "10.5 stop-checks",
      "10.5 deregister",
      "15.6 SIGTERM",
      "15.7 exit 143",
    ],
  },
  {
    name: "no registrar within --max-wait: exit 4",
    settings: { maxWaitMs: 30_000 },
    steps: [...UP.slice(0, 3), [31, "deregistered"], [31.5, exited(143)]],
    done: [
      ...UP_DONE.slice(0, 3),
      "31 stop-checks",
      "31 deregister",
      "31 SIGTERM",
      "31.5 exit 4",
    ],
  },
  {
    name: "no registrar could be authenticated until --max-wait: exit 6",
    settings: { maxWaitMs: 30_000 },
    steps: [
      ...UP.slice(0, 3),
      [2, { type: "registrars-failed", reason: "not trusted", isInsecure: true }],
      [31, "deregistered"],
      [31.5, exited(143)],
    ],
    done: [
      ...UP_DONE.slice(0, 3),
      "31 stop-checks",
      "31 deregister",
      "31 SIGTERM",
      "31.5 exit 6",
    ],
  },
  {
    name: "--max-wait is about the first grant only",
    settings: { maxWaitMs: 30_000 },
    steps: [...UP, [10, "registrars-failed"]],
    done: UP_DONE,
    until: 1000,
  },
  {
    name: "HUP, USR1, USR2 and WINCH are forwarded",
    steps: [
      ...UP,
      [3, { type: "forward", signal: "SIGHUP" }],
      [4, { type: "forward", signal: "SIGUSR1" }],
      [5, { type: "forward", signal: "SIGUSR2" }],
      [6, { type: "forward", signal: "SIGWINCH" }],
    ],
    done: [...UP_DONE, "3 SIGHUP", "4 SIGUSR1", "5 SIGUSR2", "6 SIGWINCH"],
  },
  {
    name: "the ready file cannot be written: de-registered, not drained, exit 1",
    steps: [...UP, [2, { type: "fail", code: 1 }], [2, "deregistered"], [2.1, exited(143)]],
    done: [...UP_DONE, "2 stop-checks", "2 deregister", "2 SIGTERM", "2.1 exit 1"],
  },
  {
    name: "without COMMAND: SIGTERM de-registers, drains and exits 0",
    settings: { hasChild: false },
    steps: [[0, "start"], [0, "healthy"], [1, "granted"], [2, "stop"], [2.5, "deregistered"]],
    done: [
      "0 start-checks",
      "0 register",
      "1 ready",
      "2 stop-checks",
      "2 deregister",
      "7.5 exit 0",
    ],
  },
  {
    name: "without COMMAND: a second signal skips the drain",
    settings: { hasChild: false },
    steps: [
      [0, "start"],
      [0, "healthy"],
      [1, "granted"],
      [2, "stop"],
      [2.5, "deregistered"],
      [3, "stop"],
    ],
    done: [
      "0 start-checks",
      "0 register",
      "1 ready",
      "2 stop-checks",
      "2 deregister",
      "3 exit 0",
    ],
  },
];

for (const { name, settings, steps, done, until } of SCENARIOS) {
  Deno.test(`supervisor: ${name}`, () => {
    assert.deepEqual(run(steps, settings, { until: until ?? 100 }), done);
  });
}

Deno.test("supervisor: says that no registrar answers, once a minute, and when one does", () => {
  const steps: Step[] = [...UP.slice(0, 3)];
  for (let second = 2; second < 150; second += 3) steps.push([second, "registrars-failed"]);
  const done = run([...steps, [160, "granted"], [161, exited(0)], [161, "deregistered"]], {}, {
    log: true,
  });
  assert.deepEqual(done.filter((line) => / warning: | answers now$/.test(line)), [
    "2 warning: no registrar answers (connection refused); still trying",
    "62 warning: no registrar answers, for 61s now (connection refused); still trying",
    "122 warning: no registrar answers, for 121s now (connection refused); still trying",
    "160 notice: a registrar answers now",
  ]);
});

Deno.test("supervisor: says how long it drains, unless nothing is drained", () => {
  const said = (settings: Partial<SupervisorSettings>, ...steps: Step[]) =>
    run([...UP, ...steps], settings, { log: true }).filter((line) => line.includes("draining"));
  const stopped: Step[] = [[10, "stop"], [10.1, "deregistered"], [16, exited(0)]];
  const drains = "10.1 notice: draining for 5s; another signal skips that";
  assert.deepEqual(said({}, ...stopped), [drains]);
  const before: Step[] = [[8, "unhealthy"], [8, "deregistered"], [10, "stop"], [16, exited(0)]];
  assert.deepEqual(said({}, ...before), [
    "10 notice: draining for 3s; another signal skips that",
  ]);
  assert.deepEqual(said({ drainMs: 0 }, ...stopped), []);
  assert.deepEqual(said({}, [10, exited(0)], [10.1, "deregistered"]), []);
});

Deno.test("supervisor: says that a silent registrar does not answer, after five seconds", () => {
  const silent: SupervisorInput = { type: "registrar-silent", reason: "silent" };
  const done = run([...UP.slice(0, 3), [2, silent]], {}, { log: true, until: 70 });
  assert.deepEqual(done.filter((line) => line.includes("warning")), [
    "6 warning: no registrar answers (silent); still trying",
    "66 warning: no registrar answers, for 65s now (silent); still trying",
  ]);
});

Deno.test("supervisor: says why it is not registered when its check does not pass", () => {
  const failed: SupervisorInput = { type: "check-failed", reason: "connection refused" };
  const steps: Step[] = [[0, "start"], [0, "child-started"]];
  for (let second = 1; second < 100; second++) steps.push([second, failed]);
  const done = run([...steps, [100, "healthy"], [101, "granted"], [102, failed]], {}, {
    log: true,
    until: 1000,
  });
  const what = "warning: not registered yet, as the check fails";
  assert.deepEqual(done.filter((line) => line.includes("warning")), [
    `6 ${what} (connection refused); still trying`,
    `66 ${what}, for 65s now (connection refused); still trying`,
  ]);
});

Deno.test("supervisor: says why no registrar granted it within --max-wait", () => {
  const steps: Step[] = [...UP.slice(0, 3), [2, "registrars-failed"]];
  const done = run(steps, { maxWaitMs: 3000 }, { log: true, until: 4 });
  const error = "no registrar granted the registration within 3s (connection refused)";
  assert.ok(done.includes(`4 error: ${error}`));
});

Deno.test("supervisor: back-off doubles up to a minute, with jitter", () => {
  const steps: Step[] = [...UP];
  let at = 2;
  const waits = [1, 2, 4, 8, 16, 32, 60, 60];
  for (const wait of waits) {
    steps.push([at, "rejected"]);
    at += wait * 0.75;
  }
  const done = run(steps, { random: () => 0.5 }, { until: at });
  let expected = 2;
  const registered = waits.map((wait) => `${expected += wait * 0.75} register`);
  assert.deepEqual(done.slice(UP_DONE.length), registered);
});

const anyInput: fc.Arbitrary<SupervisorInput> = fc.constantFrom(
  ...Object.values(PLAIN).filter(({ type }) => type !== "start" && type !== "child-started"),
  exited(0),
  exited(9, false),
  { type: "fail", code: 1 } as const,
  { type: "forward", signal: "SIGHUP" } as const,
);

Deno.test("supervisor: whatever happens, a stop ends, and TERM follows the de-registration", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 2000 }), anyInput), { maxLength: 60 }),
      (happenings) => {
        let at = 0;
        const steps: Step[] = [[0, "start"], [0, "child-started"]];
        for (const [gap, input] of happenings) steps.push([(at += gap) / 1000, input]);
        steps.push([at / 1000, "stop"]);
        const done = run(steps).map((line) => line.split(" "));
        const [when, what] = done.at(-1)!;
        assert.equal(what, "exit");
        const bound = DEREGISTRATION_BOUND_MS + 5000 + 10_000 + KILL_BOUND_MS;
        assert.ok(Number(when) * 1000 <= at + bound, `ended only at ${when}`);
        const registered = done.findLastIndex(([, what]) => what === "register");
        const deregistered = done.findLastIndex(([, what]) => what === "deregister");
        const termed = done.findIndex(([, what]) => what === "SIGTERM");
        // Who never was granted and is rejected has nothing to de-register.
        const rejectedFirst = !done.some(([, what]) => what === "ready") &&
          done.at(-1)!.join(" ").endsWith("exit 5");
        if (registered >= 0 && !rejectedFirst) assert.ok(deregistered > registered);
        if (termed >= 0) assert.ok(deregistered < termed && registered < termed);
      },
    ),
    { verbose: 1 },
  );
});

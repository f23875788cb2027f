/** Each checker is shown to find what it is for: something is broken on purpose, and it says so. */
import assert from "node:assert/strict";
import type { Input } from "../../lib/core/mod.ts";
import { POOL_USER_TIMING } from "../../lib/core/mod.ts";
import {
  AnswerChecker,
  checkMemory,
  checkPresence,
  Cluster,
  type ClusterOptions,
  type ClusterWatcher,
  DepartureChecker,
  EvictionChecker,
  LevelChecker,
  Livelock,
  MessageChecker,
  PaceChecker,
  RejectionChecker,
  TimeoutChecker,
} from "../../lib/sim/mod.ts";
import { Broken, finds } from "./broken.ts";

/** Three elements and a user that asks every second. */
function cluster(sabotage: ClusterOptions["sabotage"], watcher?: (it: Cluster) => ClusterWatcher) {
  const made = new Cluster({ seed: 1, ...(sabotage && { sabotage }) });
  if (watcher) made.watch(watcher(made));
  made.addRegistrar();
  for (let i = 0; i < 3; i++) made.addElement().register();
  const user = made.addUser();
  const ask = () => {
    if (user.isRunning) {
      user.purge();
      user.resolve("web", 2);
    }
    made.scheduler.after(1000, ask);
  };
  made.scheduler.after(1000, ask);
  return made;
}

const without = <C>(type: Input<C>["type"]) => (input: Input<C>) =>
  input.type === type ? undefined : input;

Deno.test("nothing is found where nothing is broken", () => {
  const made = cluster(undefined, (it) => new DepartureChecker(it));
  for (const watcher of [new MessageChecker(made), new RejectionChecker()]) made.watch(watcher);
  made.watch(new PaceChecker(made, { messages: 200, events: 200 }));
  made.advance(300_000);
  made.elements[0]!.kill();
  made.elements[1]!.powerOff();
  made.advance(300_000);
  checkPresence(made);
});

Deno.test("departures: a registrar that does not notice lost connections", () => {
  const made = cluster({
    registrar: (right) => new Broken(right, { input: without("disconnected") }),
  }, (it) => new DepartureChecker(it));
  made.advance(10_000);
  made.elements[0]!.kill();
  finds("departures", /R1 sends PU#1 to PE#1, killed/, () => made.advance(10_000));
});

Deno.test("departures: whose place another one takes is missed by a keep-alive alone", () => {
  // The dial of its endpoint comes there after the other one has begun.
  const made = new Cluster({ seed: 1, latencyMs: [20, 300] });
  made.watch(new DepartureChecker(made));
  for (let i = 0; i < 2; i++) made.addRegistrar();
  for (let i = 0; i < 3; i++) made.addElement().register();
  const user = made.addUser();
  const ask = () => {
    user.purge();
    user.resolve("web", 4);
    made.scheduler.after(1000, ask);
  };
  made.scheduler.after(1000, ask);
  made.advance(10_000);
  const [element] = made.elements;
  element!.kill();
  element!.renew(7);
  element!.start();
  element!.register();
  made.advance(120_000);
});

Deno.test("departures: a registrar that waits for no acknowledgement", () => {
  const made = cluster({
    registrar: (right) => new Broken(right, { deadline: () => undefined }),
  }, (it) => new DepartureChecker(it));
  made.advance(10_000);
  made.elements[0]!.powerOff();
  made.advance(50_000);
  finds("departures", /silent 5\d/, () => made.advance(20_000));
});

Deno.test("departures: a registrar that grants a de-registration and does not do it", () => {
  const made = cluster({
    registrar: (right) =>
      new Broken(right, {
        input: (input) => {
          if (input.type !== "received" || input.message.type !== "ASAP_DEREGISTRATION") {
            return input;
          }
          const message = { ...input.message, peIdentifier: 7 };
          return { ...input, message };
        },
        output: (output) =>
          output.type === "send" && output.message.type === "ASAP_DEREGISTRATION_RESPONSE"
            ? [{ ...output, message: { ...output.message, peIdentifier: granted } }]
            : [output],
      }),
  }, (it) => new DepartureChecker(it));
  const granted = made.elements[2]!.identifier;
  made.advance(60_000);
  made.elements[2]!.deregister();
  finds("departures", /PE#3, deregistered/, () => made.advance(10_000));
});

Deno.test("presence: a registrar that forgets an element", () => {
  const made = cluster({
    registrar: (right) =>
      new Broken(right, {
        output: (output) =>
          output.type === "send" && output.message.type === "ENRP_HANDLE_TABLE_RESPONSE"
            ? [{ ...output, message: { ...output.message, pools: [] } }]
            : [output],
      }),
  });
  made.advance(10_000);
  finds("presence", /PE#1 serves and is registered at nowhere/, () => checkPresence(made));
});

Deno.test("presence: a registrar that keeps the dead", () => {
  const made = cluster({
    registrar: (right) => new Broken(right, { input: without("disconnected") }),
  });
  made.advance(10_000);
  made.elements[1]!.kill();
  made.advance(1000);
  finds("presence", /R1 lists PE#2, killed/, () => checkPresence(made));
});

Deno.test("presence: an element whose registrar has just forgotten everything", () => {
  const made = cluster(undefined);
  made.advance(10_000);
  made.registrars[0]!.kill();
  made.registrars[0]!.start();
  finds("presence", /PE#1 serves and is registered at nowhere/, () => checkPresence(made));
  made.advance(60_000);
  checkPresence(made);
});

Deno.test("presence: an element at two registrars", () => {
  const made = new Cluster({ seed: 1 });
  made.addRegistrar();
  made.addRegistrar();
  const element = made.addElement({ order: "given" });
  element.register();
  made.advance(10_000);
  checkPresence(made);
  const again = made.addElement({
    registrars: [made.registrars[1]!.asap],
    identifier: element.identifier,
  });
  again.register();
  made.advance(10_000);
  finds("presence", /registered at R1 and R2/, () => checkPresence(made));
  checkPresence(made, { areIndependent: true });
});

Deno.test("messages: a registrar that gives more elements than were asked for", () => {
  const made = cluster({
    registrar: (right) =>
      new Broken(right, {
        input: (input) =>
          input.type === "received" && input.message.type === "ASAP_HANDLE_RESOLUTION"
            ? { ...input, message: { ...input.message, items: 3 } }
            : input,
      }),
  }, (it) => new MessageChecker(it));
  finds("messages", /R1 gives PU#1 3 elements, who asked for 2/, () => made.advance(10_000));
});

Deno.test("messages: a page that is larger than its limit", () => {
  const limits = { tablePageElements: 3 };
  for (const times of [1, 2]) {
    const made = new Cluster({
      seed: 1,
      limits,
      sabotage: {
        registrar: (right) =>
          new Broken(right, {
            output: (output) => {
              if (output.type !== "send" || output.message.type !== "ENRP_HANDLE_TABLE_RESPONSE") {
                return [output];
              }
              const pools = Array(times).fill(output.message.pools).flat();
              return [{ ...output, message: { ...output.message, pools } }];
            },
          }),
      },
    });
    made.watch(new MessageChecker(made));
    made.addRegistrar();
    for (let i = 0; i < 3; i++) made.addElement().register();
    made.advance(10_000);
    if (times === 1) checkPresence(made);
    else finds("messages", /R1 sends a page of 6 elements/, () => checkPresence(made));
  }
});

Deno.test("rejections: a registrar that takes nobody", () => {
  const made = cluster({
    registrar: (right) =>
      new Broken(right, {
        output: (output) =>
          output.type === "send" && output.message.type === "ASAP_REGISTRATION_RESPONSE"
            ? [{ ...output, message: { ...output.message, reject: true } }]
            : [output],
      }),
  }, () => new RejectionChecker());
  finds("rejections", /PE#1 is rejected/, () => made.advance(1000));
});

Deno.test("evictions: a registrar that hears no acknowledgement", () => {
  const made = cluster({
    registrar: (right) =>
      new Broken(right, {
        input: (input) =>
          input.type === "received" && input.message.type === "ASAP_ENDPOINT_KEEP_ALIVE_ACK"
            ? undefined
            : input,
      }),
  }, (it) => new EvictionChecker(it));
  const words = /R1 removes PE#\d, keep-alive-timed-out, granted \d\d s ago and undisturbed since/;
  finds("evictions", words, () => made.advance(60_000));
});

Deno.test("memory: a registrar that does not hear of its connections' end", () => {
  const made = cluster({
    registrar: (right) => new Broken(right, { input: without("disconnected") }),
  });
  made.advance(10_000);
  checkMemory(made);
  made.users[0]!.kill();
  made.advance(100);
  finds("memory", /R1: 3 connections/, () => checkMemory(made));
});

Deno.test("memory: a registrar whose timers end never", () => {
  const made = cluster({ registrar: (right) => new Broken(right, { deadline: () => undefined }) });
  const element = made.addElement({ hasEndpoint: false });
  element.register();
  made.advance(10_000);
  checkMemory(made);
  element.kill();
  made.advance(60_000);
  finds("memory", /R1: an element that nobody asks/, () => checkMemory(made));
});

Deno.test("pace: an element that registers again at every answer", () => {
  const made = cluster({
    registrar: (right) =>
      new Broken(right, {
        output: (output) => {
          if (output.type !== "send" || output.message.type !== "ASAP_REGISTRATION_RESPONSE") {
            return [output];
          }
          const { poolHandle, peIdentifier } = output.message;
          const message = {
            type: "ASAP_DEREGISTRATION_RESPONSE",
            poolHandle,
            peIdentifier,
          } as const;
          return [output, { ...output, message }];
        },
      }),
  }, (it) => new PaceChecker(it, { messages: 500, events: 1000 }));
  finds("pace", /more than 500 messages from/, () => made.advance(60_000));
});

Deno.test("the scheduler: a machine whose deadline stays in the past", () => {
  const made = cluster({
    element: (right) => new Broken(right, { deadline: () => 0 }),
  });
  assert.throws(() => made.advance(1000), Livelock);
});

Deno.test("answers: a user that waits for ever", () => {
  const made = cluster({
    user: (right) => new Broken(right, { input: without("received"), deadline: () => undefined }),
  });
  const checker = new AnswerChecker(made, POOL_USER_TIMING);
  made.watch(checker);
  const look = () => {
    for (let i = 0; i < 60; i++) {
      made.advance(1000);
      checker.check();
    }
  };
  finds("answers", /PU#1 waits 4\d s for/, look);
});

Deno.test("timeouts: a registrar that hears no registration", () => {
  const made = cluster({
    registrar: (right) =>
      new Broken(right, {
        input: (input) =>
          input.type === "received" && input.message.type === "ASAP_REGISTRATION"
            ? undefined
            : input,
      }),
  }, (it) => new TimeoutChecker(it));
  made.advance(50_000);
  const words = /PE#\d: registration-timed-out, though R1 has been undisturbed/;
  finds("timeouts", words, () => made.advance(50_000));
});

Deno.test("timeouts: a registrar that sends no keep-alives", () => {
  const made = cluster({
    registrar: (right) =>
      new Broken(right, {
        output: (output) =>
          output.type === "send" && output.message.type === "ASAP_ENDPOINT_KEEP_ALIVE"
            ? []
            : [output],
        deadline: () => undefined,
      }),
  }, (it) => new TimeoutChecker(it));
  finds("timeouts", /PE#\d: home-silent, though R1/, () => made.advance(200_000));
});

Deno.test("level: a figure that grows slowly, and none that goes up and down", () => {
  const checker = new LevelChecker();
  for (let i = 0; i < 30; i++) {
    checker.sample({ leaking: 100 + i, swinging: i % 7, within: 100 + Math.floor(i / 10) });
  }
  finds("level", /leaking grows from 119 to 129/, () => checker.check({ "*": 2 }));
  checker.check({ "*": 2, leaking: 10 });
});

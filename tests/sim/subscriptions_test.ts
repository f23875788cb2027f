/** The checkers of subscriptions are shown to find what they are for. */
import assert from "node:assert/strict";
import {
  checkMemory,
  checkSubscriptions,
  Cluster,
  type ClusterOptions,
} from "../../lib/sim/mod.ts";
import type { PoolElement } from "../../lib/wire/mod.ts";
import { Broken, finds } from "./broken.ts";

/** A registrar, three elements, and a user that watches their pool. */
function cluster(sabotage: ClusterOptions["sabotage"] = {}) {
  const made = new Cluster({ seed: 1, sabotage });
  const registrar = made.addRegistrar();
  const elements = [1, 2, 3].map(() => made.addElement());
  for (const element of elements) element.register();
  const user = made.addUser();
  made.advance(1000);
  user.subscribe("web");
  made.advance(10_000);
  return { made, registrar, elements, user };
}

/** A registrar whose subscribers are told other elements than there are. */
function tellingSubscribers(
  change: (poolElements: readonly PoolElement[]) => readonly PoolElement[],
): NonNullable<ClusterOptions["sabotage"]>["registrar"] {
  return (right) =>
    new Broken(right, {
      output: (output) => {
        if (output.type !== "send") return [output];
        const { message } = output;
        if (message.type !== "ASAP_HANDLE_RESOLUTION_RESPONSE") return [output];
        if (!message.automaticUpdates) return [output];
        const poolElements = change(message.poolElements);
        return [{ ...output, message: { ...message, poolElements } }];
      },
    });
}

Deno.test("nothing is found of watchers where nothing is broken", () => {
  const { made, registrar, elements, user } = cluster();
  user.subscribe("mail");
  const check = () => {
    checkSubscriptions(made);
    checkMemory(made);
  };
  check();
  elements[0]!.kill();
  elements[1]!.deregister();
  made.advance(70_000);
  check();
  assert.deepEqual(user.told("web")?.length, 1);
  assert.deepEqual(user.told("mail"), []);
  registrar.kill();
  made.advance(100_000);
  registrar.start();
  made.advance(200_000);
  check();
  user.kill();
  made.advance(10_000);
  user.start();
  user.unsubscribe("mail");
  made.advance(10_000);
  check();
  assert.deepEqual(user.watched, ["web"]);
});

Deno.test("subscriptions: a registrar whose updates leave somebody out", () => {
  const { made } = cluster({
    registrar: tellingSubscribers((poolElements) => poolElements.slice(0, 2)),
  });
  finds("subscriptions", /PU#1 was told web \{ .* \}, and R1 has/, () => checkSubscriptions(made));
});

Deno.test("subscriptions: a registrar that tells old values", () => {
  const { made } = cluster({
    registrar: tellingSubscribers((poolElements) =>
      poolElements.map((each) => ({ ...each, registrationLife: 7 }))
    ),
  });
  finds("subscriptions", /life=7s .* in web, and R1 has .*life=300s/, () => {
    checkSubscriptions(made);
  });
});

Deno.test("subscriptions: a user that does not ask its next registrar", () => {
  const { made, registrar } = cluster({
    user: (right) => new Broken(right, { deadline: () => undefined }),
  });
  registrar.kill();
  made.advance(100_000);
  registrar.start();
  made.advance(200_000);
  finds("subscriptions", /PU#1 watches web, and has no registrar/, () => checkSubscriptions(made));
});

Deno.test("subscriptions: a user that is told nothing", () => {
  const { made, user } = cluster({
    user: (right) => new Broken(right, { output: (output) => isUpdate(output) ? [] : [output] }),
  });
  assert.notEqual(user.home, undefined);
  finds("subscriptions", /PU#1 watches web at R1, and was told nothing/, () => {
    checkSubscriptions(made);
  });
});

function isUpdate(output: { type: string; event?: { readonly type: string } }): boolean {
  return output.type === "event" && output.event?.type === "updated";
}

Deno.test("memory: a registrar that does not hear that a subscription is over", () => {
  const { made, user } = cluster({
    registrar: (right) =>
      new Broken(right, {
        input: (input) => {
          if (input.type !== "received") return input;
          const { message } = input;
          if (message.type !== "ASAP_HANDLE_RESOLUTION") return input;
          return { ...input, message: { ...message, dynamicUpdates: true } };
        },
      }),
  });
  checkMemory(made);
  user.unsubscribe("web");
  made.advance(10_000);
  finds("memory", /R1: subscriptions beyond the 0 that there are/, () => checkMemory(made));
});

Deno.test("memory: a registrar that holds a change for ever", () => {
  const { made, elements } = cluster({
    registrar: (right) => new Broken(right, { deadline: () => undefined }),
  });
  elements[0]!.deregister();
  elements[1]!.deregister();
  made.advance(10_000);
  finds("memory", /R1: a change that is never told/, () => checkMemory(made));
});

Deno.test("who watches at one registrar is told what happens at another, and outlives it", () => {
  const made = new Cluster({ seed: 7, latencyMs: [0, 20] });
  const [one, two, three] = ["R1", "R2", "R3"].map((name) => {
    return made.addRegistrar(name, { mentors: made.registrars.map((each) => each.enrp) });
  });
  made.advance(30_000);
  const user = made.addUser({ registrars: [two!.asap, three!.asap] });
  user.subscribe("web");
  const elements = [1, 2, 3].map(() => {
    return made.addElement({ registrars: [one!.asap, two!.asap], order: "given" });
  });
  const told = () => user.told("web")?.length;
  made.advance(10_000);
  assert.equal(told(), 0);
  for (const element of elements) element.register();
  made.advance(5_000);
  assert.equal(told(), 3);
  elements[0]!.kill();
  made.advance(5_000);
  assert.equal(told(), 2);
  checkSubscriptions(made);
  const [home, other] = user.home!.host === two!.host ? [two, three] : [three, two];
  home!.kill();
  made.advance(200_000);
  assert.equal(user.home?.host, other!.host);
  elements[1]!.deregister();
  made.advance(5_000);
  assert.equal(told(), 1);
  checkSubscriptions(made);
  checkMemory(made);
});

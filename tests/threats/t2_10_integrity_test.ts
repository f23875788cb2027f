/** RFC 5355 §2.10: what is said is altered on its way. */

import assert from "node:assert/strict";
import {
  type AsapMessage,
  type EnrpMessage,
  PoolElement,
  PoolUser,
  Registrar,
  type SecurityKind,
} from "../../mod.ts";
import { recordsOf, Relay, type Way } from "./relay.ts";
import {
  codesOf,
  Events,
  LIMIT,
  registration,
  SecuredCluster,
  Speaker,
} from "./secured_cluster.ts";

const KINDS: readonly SecurityKind[] = ["certificate", "psk"];
const WAYS: readonly Way[] = ["to-server", "to-client"];
/** Each connection is attacked once, so there are many. */
const rates = {
  handshakesPerSecond: 10_000,
  connectionsPerSecond: 10_000,
  registrationsPerSecond: 100_000,
  resolutionsPerSecond: 100_000,
};
/** What is said after the message of which a byte is altered. */
const MORE = 100;

type Message = AsapMessage | EnrpMessage;

/** Who speaks, and what it says: a first message that passes, and then others. */
interface Victim {
  readonly who: string;
  readonly protocol: "asap" | "enrp";
  message(number: number): Message;
  readonly answer: Message["type"];
}

const VICTIMS: Readonly<Record<string, Victim>> = {
  "a. handle resolution": {
    who: "u-1",
    protocol: "asap",
    message: () => ({ type: "ASAP_HANDLE_RESOLUTION", poolHandle: "web", dynamicUpdates: false }),
    answer: "ASAP_HANDLE_RESOLUTION_RESPONSE",
  },
  "b. ENRP peer messages": {
    who: "r7.example.org",
    protocol: "enrp",
    message: (number) => ({
      type: "ENRP_PRESENCE",
      sender: 7,
      receiver: number === 0 ? 0 : 1,
      replyRequired: true,
    }),
    answer: "ENRP_PRESENCE",
  },
  "c. a pool element's update": {
    who: "web-2",
    protocol: "asap",
    message: () => registration(0x2000),
    answer: "ASAP_REGISTRATION_RESPONSE",
  },
};

/** Speaks over a relay that alters one byte; `false`: so many bytes do not come. */
async function attack(
  cluster: SecuredCluster,
  { kind, victim, way, position }: {
    readonly kind: SecurityKind;
    readonly victim: Victim;
    readonly way: Way;
    readonly position: number;
  },
): Promise<boolean> {
  const { protocol, message, answer, who } = victim;
  const over = await cluster.as(kind, who);
  await using relay = await Relay.open(cluster.at(protocol, kind));
  await using speaker = await Speaker[protocol](relay.address, over) as Speaker<never>;
  // The first answer may share its record with a greeting.
  for (const number of [0, 1]) {
    speaker.say(message(number) as never);
    await speaker.hearOf(answer as never);
  }
  const length = recordsOf(relay.heard(way)).at(-1)!.length;
  if (position >= length) return false;
  relay.alter({ way, position, change });
  for (let i = 1; i <= MORE; i++) {
    speaker.say(message(i) as never);
    // Each in a record of its own.
    await speaker.connection.write(new Uint8Array());
  }
  const heard: Message[] = [];
  while (answersOf(heard, victim) < MORE) {
    const next = await speaker.hear();
    if (next === undefined) break;
    heard.push(next);
  }
  const answers = answersOf(heard, victim);
  // rustls takes the first and third byte of a record for granted: nothing of a message is there.
  const isHarmless = kind === "certificate" && (position === 0 || position === 2);
  assert.equal(answers === MORE, isHarmless, `${position} ${way}: ${answers} answers`);
  for (const each of heard) assert.deepEqual(codesOf(each as Parameters<typeof codesOf>[0]), []);
  return true;
}

/** Of a length this makes a lesser or an impossible one: for a longer one more would be awaited. */
const change = (byte: number) => byte - 1;

function answersOf(heard: readonly Message[], { answer }: Victim): number {
  return heard.filter(({ type }) => type === answer).length;
}

Deno.test("RFC 5355 §2.10: “An integrity mechanism MUST be present”", async (t) => {
  for (const kind of KINDS) await t.step(kind, (t) => alterAll(kind, t));
});

/** Alters each byte of what each victim says and hears, which nobody believes. */
async function alterAll(kind: SecurityKind, t: Deno.TestContext): Promise<void> {
  const keys = Object.values(VICTIMS).map(({ who }) => who);
  for (const [what, victim] of Object.entries(VICTIMS)) {
    for (const way of WAYS) {
      await t.step(`${what}, ${way}, one byte at each position`, async () => {
        await using cluster = await SecuredCluster.make({ registrars: 1, keys, rates });
        const [events] = cluster.events as [Events];
        let position = 0;
        while (await attack(cluster, { kind, victim, way, position })) position++;
        assert(position > 30, `${position} bytes`);
        if (way === "to-client") return;
        const heard = events.of("pool-element-registered").map(({ identifier }) => identifier);
        const known = [cluster.element.identifier, 0x2000];
        assert(heard.every((identifier) => known.includes(identifier)), heard.join());
        for (const type of ["undecodable", "discarded", "unrecognized-parameters"] as const) {
          assert.deepEqual(events.of(type), []);
        }
        const elements = await cluster.resolve();
        assert(elements.every(({ identifier }) => known.includes(identifier)));
      });
    }
  }
}

Deno.test("RFC 5355 §2.10: what was altered comes another way", async (t) => {
  for (const kind of KINDS) await t.step(kind, (t) => alterOnce(kind, t));
});

/** Alters something once, after which it comes as it was said. */
async function alterOnce(kind: SecurityKind, t: Deno.TestContext): Promise<void> {
  const keys = ["u-1", "web-2", "mail-2", "r2.example.org"];
  await using cluster = await SecuredCluster.make({ registrars: 1, keys, rates });
  const [events] = cluster.events as [Events];
  await t.step("a user has the right answer", async () => {
    await using relay = await Relay.open(cluster.at("asap", kind));
    const registrars = [relay.address];
    await using user = new PoolUser({ registrars, transport: await cluster.as(kind, "u-1") });
    await assert.rejects(user.resolve("mail", LIMIT), /unknown/);
    relay.alter({ way: "to-client", position: 7, change });
    const { poolElements } = await user.resolve("web", LIMIT);
    assert.deepEqual(poolElements.map(({ identifier }) => identifier), [
      cluster.element.identifier,
    ]);
    assert(relay.count > 1);
  });
  await t.step("an element's update arrives", async () => {
    await using relay = await Relay.open(cluster.at("asap", kind));
    await using element = new PoolElement({
      registrars: [relay.address],
      poolHandle: "mail",
      port: 25,
      policy: { name: "weighted-round-robin", weight: 1 },
      transport: await cluster.as(kind, "mail-2"),
      asap: false,
    });
    await element.register(LIMIT);
    relay.alter({ way: "to-server", position: 7, change });
    element.update({ policy: { name: "weighted-round-robin", weight: 7 } });
    const { element: updated } = await events.first("pool-element-reregistered");
    assert.deepEqual(updated.policy, { name: "weighted-round-robin", weight: 7 });
    assert(relay.count > 1);
  });
  await t.step("a registrar's update arrives", async () => {
    await using relay = await Relay.open(cluster.at("enrp", kind));
    const theirs = new Events();
    await using _second = await Registrar.start({
      ...await cluster.securityOfSecond(kind, relay.address),
      identifier: 2,
      addressCheck: "any",
      mentors: [relay.address],
      timing: { peerRedialMaxMs: 100 },
      onEvent: theirs.onEvent,
    });
    await theirs.first("peer-connected");
    relay.alter({ way: "to-client", position: 7, change });
    const element = await cluster.addElement("mail-3", {
      poolHandle: "mail",
      policy: { name: "weighted-round-robin", weight: 1 },
    });
    await theirs.first("pool-element-updated", (each) => each.identifier === element.identifier);
    assert.notEqual((await theirs.first("peer-lost")).reason, "closed");
  });
  await cluster.assertUntouched();
}

/** The commands that make trouble: to links, to clocks, and by strangers. */

import {
  encodePresence,
  encodeServerAnnounce,
  type ProtocolName,
  type SocketAddress,
} from "../../core/mod.ts";
import { type Random, seededRandom } from "../../handlespace/mod.ts";
import { asap, enrp } from "../../wire/mod.ts";
import { ClusterElement } from "../cluster_element.ts";
import { ClusterRegistrar } from "../cluster_registrar.ts";
import { Member } from "../member.ts";
import { Stranger } from "../stranger.ts";
import type { Arguments } from "./arguments.ts";
import type { Actor, AnyMember, Kind, Stage } from "./stage.ts";
import { parseDuration } from "./values.ts";

const Anyone = Member as Kind<AnyMember>;
const EITHER: Kind<Actor>[] = [Anyone, Stranger];

/** `split R1,PE#1 from=R2,PE#2 [one-way]`: nothing passes between them, or only to the first. */
export function split(stage: Stage, args: Arguments): void {
  const isOneWay = args.flag("one-way");
  const { network } = stage.cluster;
  for (const [one, other] of pairs(stage, args, "from")) {
    if (isOneWay) network.block(one, other);
    else network.partition(one, other);
  }
}

/** `join R1,PE#1 with=R2,PE#2`: everything passes between them again. */
export function join(stage: Stage, args: Arguments): void {
  stage.cluster.network.healAll([...pairs(stage, args, "with")]);
}

/** Hosts of the one side and of the other, of which one is a registrar's: no others ever speak. */
function* pairs(stage: Stage, args: Arguments, key: string): Generator<[string, string]> {
  const actors = (text: string) => text.split(",").map((name) => stage.actor(name, ...EITHER));
  const ones = actors(args.word("one side"));
  const others = args.option(key, actors) ?? [];
  for (const one of ones) {
    for (const other of others) {
      const isUsed = one instanceof ClusterRegistrar || other instanceof ClusterRegistrar;
      if (isUsed && one.host !== other.host) yield [one.host, other.host];
    }
  }
}

/** `delay R1 by=500ms`: what comes and goes takes longer; `by=0ms` ends it. */
export function delay(stage: Stage, args: Arguments): void {
  const ms = args.option("by", parseDuration) ?? 0;
  for (const name of args.rest()) {
    stage.cluster.network.delay(stage.actor(name, ...EITHER).host, ms);
  }
}

/** `clock R1 rate=1.02`, `clock R1 forward=30s`. */
export function setClock(stage: Stage, args: Arguments): void {
  const rate = args.option("rate", Number);
  const forward = args.option("forward", parseDuration);
  for (const name of args.rest()) {
    const member = stage.actor(name, Anyone);
    if (rate !== undefined) member.setClockRate(rate);
    if (forward !== undefined) member.forwardClock(forward);
  }
}

/** `renew R1 id=7`: its next life has another identifier. */
export function renew(stage: Stage, args: Arguments): void {
  const member = stage.actor<ClusterRegistrar | ClusterElement>(
    args.word("a registrar or an element"),
    ClusterRegistrar,
    ClusterElement,
  );
  member.renew(args.option("id", Number)!);
}

/** `hints R1 times=100 seed=5`: announcements of registrars that are nowhere. */
export function hint(stage: Stage, args: Arguments): void {
  const registrar = stage.actor(args.word("a registrar"), ClusterRegistrar);
  const random = seededRandom(args.option("seed", Number) ?? 1);
  const times = args.option("times", Number) ?? 1;
  const nowhere = (): SocketAddress => ({
    host: `10.8.${random.below(256)}.${random.below(256)}`,
    port: 1 + random.below(65_535),
  });
  for (let i = 0; i < times; i++) registrar.hint(nowhere());
}

/**
 * `flood S1 times=1000 for=10s seed=5`: announcements to both groups, of registrars that are
 * nowhere, from sources that are made up, and datagrams that say nothing.
 */
export function flood(stage: Stage, args: Arguments): void {
  const stranger = strangerNamed(stage, args.word("a stranger"));
  const times = args.option("times", Number) ?? 1000;
  const lastsMs = args.option("for", parseDuration) ?? 10_000;
  const random = seededRandom(args.option("seed", Number) ?? 1);
  const { scheduler } = stage.cluster;
  const shout = (left: number) => {
    const protocol = random.below(2) === 0 ? "ASAP" : "ENRP";
    const source = `10.8.${random.below(256)}.${random.below(256)}`;
    stranger.shout(protocol, announcementOfNobody(protocol, random), source);
    if (left > 1) scheduler.after(lastsMs / times, () => shout(left - 1));
  };
  shout(times);
}

function announcementOfNobody(protocol: ProtocolName, random: Random): Uint8Array {
  const identifier = random.below(1_000) + 1;
  const [host, port] = [`10.8.${random.below(256)}.${random.below(256)}`, 1 + random.below(65_535)];
  const bytes = protocol === "ASAP"
    ? encodeServerAnnounce(identifier, [{ host, port }])
    : encodePresence(identifier, { host, port });
  // One in four is broken.
  return random.below(4) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes;
}

/**
 * `babble S1 at=R1 [enrp] [deaf] times=40 for=10s seed=5`: connects and writes what is no message,
 * half of one, or questions without end; then hangs up.
 */
export function babble(stage: Stage, args: Arguments): void {
  const { cluster } = stage;
  const stranger = strangerNamed(stage, args.word("a stranger"));
  const registrar = args.option("at", (name) => stage.actor(name, ClusterRegistrar))!;
  const random = seededRandom(args.option("seed", Number) ?? 1);
  const times = args.option("times", Number) ?? 1;
  const lastsMs = args.option("for", parseDuration) ?? 10_000;
  const isEnrp = args.flag("enrp");
  stranger.setReading(!args.flag("deaf"));
  stranger.connect(isEnrp ? registrar.enrp : registrar.asap);
  const poolHandle = cluster.elements[0]?.poolHandle ?? "web";
  cluster.scheduler.after(Math.min(200, lastsMs / 2), () => {
    for (let i = 0; i < times; i++) {
      stranger.write(nonsense(random, isEnrp ? peerWords(random) : userWords(random, poolHandle)));
    }
  });
  cluster.scheduler.after(lastsMs, () => stranger.close());
}

function strangerNamed(stage: Stage, name: string): Stranger {
  const known = stage.actors.get(name);
  if (known instanceof Stranger) return known;
  const stranger = stage.cluster.addStranger(name);
  stage.actors.set(name, stranger);
  return stranger;
}

/** A message, a part of one, or noise. */
function nonsense(random: Random, message: Uint8Array): Uint8Array {
  const kind = random.below(3);
  if (kind === 0) return message;
  if (kind === 1) return message.subarray(0, 4 * random.below(message.length / 4));
  return Uint8Array.from({ length: 4 * random.below(30) }, () => random.below(256));
}

function userWords(random: Random, poolHandle: string): Uint8Array {
  const dynamicUpdates = random.below(2) === 0;
  return asap.encode({ type: "ASAP_HANDLE_RESOLUTION", poolHandle, dynamicUpdates });
}

/** What an observer says, or somebody who claims to be a registrar. */
function peerWords(random: Random): Uint8Array {
  const sender = random.below(2) === 0 ? 0 : random.uint32();
  if (random.below(2) === 0) {
    return enrp.encode({ type: "ENRP_LIST_REQUEST", sender, receiver: 0 });
  }
  return enrp.encode({
    type: "ENRP_HANDLE_TABLE_REQUEST",
    sender,
    receiver: 0,
    ownChildrenOnly: random.below(2) === 0,
  });
}

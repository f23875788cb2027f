/** The commands that say how the cluster is and who is in it. */

import type { Limits, RsplibPeers, SecurityKind, TimingProfile } from "../../core/mod.ts";
import { ClusterElement } from "../cluster_element.ts";
import { ClusterRegistrar, enrpAddress } from "../cluster_registrar.ts";
import type { ClusterOptions } from "../cluster_settings.ts";
import { TIMINGS } from "../timings.ts";
import { Stranger } from "../stranger.ts";
import type { Arguments } from "./arguments.ts";
import type { Stage } from "./stage.ts";
import {
  parseBytes,
  parseDuration,
  parseHandle,
  parseLife,
  parsePolicy,
  parseTransport,
} from "./values.ts";

/** Limits of the machines that scenarios change. */
const LIMITS: Readonly<Record<string, keyof Limits>> = {
  page: "tablePageElements",
  elements: "maxElements",
  queue: "maxQueuedBytes",
  downloads: "maxDownloads",
};

const SECURITY_KINDS: Readonly<Record<string, readonly SecurityKind[]>> = {
  certificate: ["certificate"],
  psk: ["psk"],
  both: ["certificate", "psk"],
};

/** `cluster seed=1 latency=20ms …`: how it is to be. */
export function makeCluster(stage: Stage, args: Arguments): void {
  const timings = <T>(keys: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(keys).flatMap(([option, key]) => {
        const value = args.option(option, parseDuration);
        return value === undefined ? [] : [[key, value]];
      }),
    ) as Partial<T>;
  const latencyMs = args.option("latency", parseRange) ?? [1, 1];
  const profile = TIMINGS[args.option("timing", parseTiming) ?? "rfc"];
  const limits = Object.entries(LIMITS).flatMap(([option, key]) => {
    const value = args.option(option, Number);
    return value === undefined ? [] : [[key, value]];
  });
  stage.make({
    seed: args.option("seed", Number) ?? 1,
    latencyMs,
    readBytes: args.option("read", Number) ?? Infinity,
    windowBytes: args.option("window", Number) ?? 65_536,
    timerLatenessMs: args.option("lateness", parseDuration) ?? 0,
    registrarTiming: {
      ...profile.registrar,
      ...timings({ "keep-alive": "keepAliveCycleMs", "grace": "elementGraceMs" }),
    },
    elementTiming: {
      ...profile.element,
      ...timings({ "t2": "t2RegistrationMs", "keep-alive-expected": "keepAliveCycleMs" }),
    },
    userTiming: {
      ...profile.user,
      ...timings({ "t1": "t1EnrpRequestMs", "stale": "staleCacheValueMs" }),
    },
    limits: Object.fromEntries(limits),
    ...args.option("security", parseSecurity),
  });
}

/** `certificate`, `psk` or `both`: how its members are secured. */
function parseSecurity(text: string): Pick<ClusterOptions, "security"> {
  const kinds = SECURITY_KINDS[text];
  if (kinds === undefined) throw new SyntaxError(`"${text}" does not secure anything`);
  return { security: { kinds } };
}

/** `20ms`, or from `20..300ms`. */
function parseRange(text: string): [number, number] {
  const [least, most] = text.split("..");
  if (most === undefined) return [parseDuration(text), parseDuration(text)];
  return [parseDuration(`${least}ms`), parseDuration(most)];
}

function parseTiming(text: string): TimingProfile {
  if (text === "rfc" || text === "fast") return text;
  throw new SyntaxError(`"${text}" is no timing profile`);
}

/**
 * `registrar R1 R2`, `registrar R3 mentors=R1,R2`, `registrar R4 announce`: by multicast, or
 * `registrar R5 rsplib=all`, `rsplib=10.0.0.1`: who is an rsplib registrar to it.
 */
export function addRegistrars(stage: Stage, args: Arguments): void {
  const identifier = args.option("id", Number);
  const announces = args.flag("announce");
  const mentors = args.option(
    "mentors",
    (text) => text.split(",").map((name) => stage.actor(name, ClusterRegistrar).enrp),
  );
  const rsplibPeers = args.option(
    "rsplib",
    (text): RsplibPeers => text === "all" ? text : text.split(",").map(enrpAddress),
  );
  const settings = {
    ...(identifier !== undefined && { identifier }),
    ...(mentors !== undefined && { mentors }),
    ...(rsplibPeers !== undefined && { rsplibPeers }),
    announces,
  };
  for (const name of args.rest()) {
    stage.actors.set(name, stage.cluster.addRegistrar(name, settings));
  }
}

/** `mesh R1 R2 R3 [ids=1,2,3]`: each has all others as mentors. */
export function addMesh(stage: Stage, args: Arguments): void {
  const identifiers = args.option("ids", (text) => text.split(",").map(Number)) ?? [];
  const names = args.rest();
  stage.cluster.addMesh(names.map((name, index) => {
    const identifier = identifiers[index];
    return { name, ...(identifier !== undefined && { identifier }) };
  }));
  for (const registrar of stage.cluster.registrars.slice(-names.length)) {
    stage.actors.set(registrar.name, registrar);
  }
}

/** In which order registrars are tried. */
function parseOrder(text: string): "given" | "random" {
  if (text === "given" || text === "random") return text;
  throw new SyntaxError(`"${text}" is no order`);
}

function registrarsOf(stage: Stage, args: Arguments) {
  return args.option("at", (text) =>
    text.split(",").map((name) => {
      const actor = stage.actor<ClusterRegistrar | Stranger>(name, ClusterRegistrar, Stranger);
      return actor instanceof ClusterRegistrar ? actor.asap : { host: actor.host, port: 3863 };
    }));
}

/** `element PE#1 at=R1 pool=web …`. */
export function addElement(stage: Stage, args: Arguments): void {
  const name = args.word("a name");
  const transport = parseTransport(
    args.option("protocol", String) ?? "tcp",
    args.option("port", Number) ?? 80,
    args.option("use", String) ?? "data",
    args.option("address", String),
  );
  const element = stage.cluster.addElement({
    name,
    transport,
    poolHandle: args.option("pool", parseHandle),
    policy: args.option("policy", parsePolicy),
    registrationLife: args.option("life", parseLife),
    identifier: args.option(
      "id",
      (of) => /^\d+$/.test(of) ? Number(of) : stage.actor(of, ClusterElement).identifier,
    ),
    host: args.option("host", (of) => stage.actor(of, ClusterElement).host),
    registrars: registrarsOf(stage, args),
    hasEndpoint: !args.flag("no-endpoint"),
    discovers: args.flag("discover"),
    order: args.option("order", parseOrder) ?? "given",
  });
  stage.actors.set(name, element);
}

/** `user PU#1 at=R1,R2`, or `user PU#2 discover`. */
export function addUser(stage: Stage, args: Arguments): void {
  const name = args.word("a name");
  const registrars = registrarsOf(stage, args);
  const order = args.option("order", parseOrder) ?? "given";
  const discovers = args.flag("discover");
  stage.actors.set(name, stage.cluster.addUser({ name, registrars, order, discovers }));
}

/** `stranger X`, or `stranger X listens [greeting]` at the ASAP port. */
export function addStranger(stage: Stage, args: Arguments): void {
  const name = args.word("a name");
  const stranger = stage.cluster.addStranger(name);
  stage.actors.set(name, stranger);
  if (!args.flag("listens")) return;
  const [greeting] = args.rest();
  stranger.listen("ASAP", 3863, greeting === undefined ? undefined : parseBytes(greeting));
}

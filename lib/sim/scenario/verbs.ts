/** What the commands of a scenario do. */

import { asap, enrp } from "../../wire/mod.ts";
import { keepAsking } from "../asking.ts";
import { ClusterElement } from "../cluster_element.ts";
import { ClusterRegistrar } from "../cluster_registrar.ts";
import { ClusterUser } from "../cluster_user.ts";
import { ClusterObserver } from "../cluster_observer.ts";
import { readTable } from "../inquiry.ts";
import { Member } from "../member.ts";
import { narrateElements } from "../narrate_message.ts";
import { Stranger } from "../stranger.ts";
import type { Arguments } from "./arguments.ts";
import { addElement, addMesh, addRegistrars, addStranger, addUser, makeCluster } from "./cast.ts";
import type { Actor, AnyMember, Kind, Stage } from "./stage.ts";
import { babble, delay, flood, hint, join, renew, setClock, split } from "./trouble.ts";
import { parseBytes, parseDuration, parseHandle, parsePolicy } from "./values.ts";

/** How long nothing may be about to happen for `settle` to end. */
const QUIET_MS = 1000;
const SETTLE_LIMIT_MS = 60_000;

/** Members of any kind. */
const Anyone = Member as Kind<AnyMember>;
const EITHER: Kind<Actor>[] = [Anyone, Stranger];

type Verb = (stage: Stage, args: Arguments) => void;

/** All commands by their names. */
export const VERBS: Readonly<Record<string, Verb>> = {
  "cluster": makeCluster,
  "registrar": addRegistrars,
  "mesh": addMesh,
  "element": addElement,
  "user": addUser,
  "observer": (stage, args) => {
    const name = args.word("a name");
    const registrar = args.option("at", (at) => stage.actor(at, ClusterRegistrar))!;
    stage.actors.set(name, stage.cluster.addObserver(registrar, name));
  },
  "stranger": addStranger,
  "register": (stage, args) => each(stage, args, ClusterElement, (it) => it.register()),
  "deregister": (stage, args) => each(stage, args, ClusterElement, (it) => it.deregister()),
  "update": (stage, args) => {
    const policy = args.option("policy", parsePolicy)!;
    each(stage, args, ClusterElement, (it) => it.update(policy));
  },
  "resolve": (stage, args) => {
    const user = stage.actor(args.word("a user"), ClusterUser);
    const handle = parseHandle(args.word("a pool"));
    const items = args.option("items", Number);
    const times = args.option("times", Number) ?? 1;
    for (let i = 0; i < times; i++) {
      user.resolve(handle, items);
      if (times > 1) stage.cluster.scheduler.settle(QUIET_MS, SETTLE_LIMIT_MS);
    }
  },
  "subscribe": (stage, args) => {
    const user = stage.actor(args.word("a user"), ClusterUser);
    for (const handle of args.rest().map(parseHandle)) user.subscribe(handle);
  },
  "unsubscribe": (stage, args) => {
    const user = stage.actor(args.word("a user"), ClusterUser);
    for (const handle of args.rest().map(parseHandle)) user.unsubscribe(handle);
  },
  "purge": (stage, args) => each(stage, args, ClusterUser, (it) => it.purge()),
  "report": (stage, args) => {
    const user = stage.actor(args.word("a user"), ClusterUser);
    const element = stage.actor(args.word("an element"), ClusterElement);
    user.reportUnreachable(element.poolHandle, element.identifier);
  },
  "list": (stage, args) => each(stage, args, ClusterObserver, (it) => it.ask("list")),
  "table": (stage, args) => each(stage, args, ClusterObserver, (it) => it.ask("handle-table")),
  "start": (stage, args) => each(stage, args, Anyone, (it) => it.start()),
  "stop": (stage, args) => each(stage, args, Anyone, (it) => it.stop()),
  "kill": (stage, args) => each(stage, args, Anyone, (it) => it.kill()),
  "power-off": (stage, args) => each(stage, args, Anyone, (it) => it.powerOff()),
  "freeze": (stage, args) => each(stage, args, Anyone, (it) => it.freeze()),
  "thaw": (stage, args) => each(stage, args, Anyone, (it) => it.thaw()),
  "stop-listening": (stage, args) => each(stage, args, Anyone, (it) => it.setListening(false)),
  "listen": (stage, args) => each(stage, args, Anyone, (it) => it.setListening(true)),
  "stop-reading": (stage, args) => setReading(stage, args, false),
  "read": (stage, args) => setReading(stage, args, true),
  "cut": (stage, args) => {
    const [one, other] = pair(stage, args);
    const onlyAt = args.option("only-at", (name) => stage.actor(name, ...EITHER).host);
    stage.cluster.network.cut(one, other, onlyAt);
  },
  "partition": (stage, args) => stage.cluster.network.partition(...pair(stage, args)),
  "heal": (stage, args) => stage.cluster.network.heal(...pair(stage, args)),
  "split": split,
  "join": join,
  "delay": delay,
  "clock": setClock,
  "renew": renew,
  "hints": hint,
  "babble": babble,
  "flood": flood,
  "ask": (stage, args) => {
    const user = stage.actor(args.word("a user"), ClusterUser);
    const poolHandles = args.rest().map(parseHandle);
    const everyMs = args.option("every", parseDuration) ?? 10_000;
    keepAsking(stage.cluster, user, { poolHandles, everyMs });
  },
  "watch": (stage) => stage.watch(),
  "check": (stage) => stage.check(),
  "connect": (stage, args) => {
    const stranger = stage.actor(args.word("a stranger"), Stranger);
    const isEnrp = args.flag("enrp");
    const other = stage.actor<ClusterRegistrar | ClusterElement>(
      args.word("a registrar or an element"),
      ClusterRegistrar,
      ClusterElement,
    );
    if (other instanceof ClusterRegistrar) stranger.connect(isEnrp ? other.enrp : other.asap);
    else stranger.connect(other.endpoint!);
    stage.cluster.advance(5);
  },
  "write": write,
  "close": (stage, args) => stage.actor(args.word("a stranger"), Stranger).close(),
  "advance": (stage, args) => stage.cluster.advance(parseDuration(args.word("a duration"))),
  "until": (stage, args) => stage.advanceTo(parseDuration(args.word("an instant"))),
  "settle": (stage) => {
    const settled = stage.cluster.scheduler.settle(QUIET_MS, SETTLE_LIMIT_MS);
    if (!settled) stage.tell("(it does not become quiet)");
  },
  "tables": tables,
  "hide": (stage, args) => args.rest().forEach((word) => stage.setHidden(word, true)),
  "show": (stage, args) => args.rest().forEach((word) => stage.setHidden(word, false)),
  "mute": (stage) => stage.setMuted(true),
  "unmute": (stage) => stage.setMuted(false),
};

function each<T extends Actor>(
  stage: Stage,
  args: Arguments,
  kind: Kind<T>,
  action: (it: T) => void,
): void {
  for (const name of args.rest()) action(stage.actor(name, kind));
}

function setReading(stage: Stage, args: Arguments, reads: boolean): void {
  for (const name of args.rest()) stage.actor(name, ...EITHER).setReading(reads);
}

function pair(stage: Stage, args: Arguments): [string, string] {
  const one = stage.actor(args.word("one end"), ...EITHER);
  const other = stage.actor(args.word("the other end"), ...EITHER);
  return [one.host, other.host];
}

/** `write S bytes`, or a message as JSON: `write S asap {"type":…} [first=10]`. */
function write(stage: Stage, args: Arguments): void {
  const stranger = stage.actor(args.word("a stranger"), Stranger);
  const first = args.option("first", Number);
  const after = args.option("after", Number) ?? 0;
  const times = args.option("times", Number) ?? 1;
  const protocol = args.flag("asap") ? asap : args.flag("enrp") ? enrp : undefined;
  const text = args.rest().join(" ");
  const bytes = protocol === undefined
    ? parseBytes(text)
    : protocol.encode(JSON.parse(text, revive) as never);
  const part = bytes.subarray(after, first === undefined ? undefined : after + first);
  for (let i = 0; i < times; i++) stranger.write(part);
}

/** What a registrar's handle table has in it, as an observer is told. */
function tables(stage: Stage, args: Arguments): void {
  const names = args.rest();
  const registrars = names.length > 0
    ? names.map((name) => stage.actor(name, ClusterRegistrar))
    : stage.cluster.registrars;
  for (const registrar of registrars) {
    let text = "";
    stage.silently(() => {
      const { pools } = readTable(stage.cluster, registrar);
      text = pools.length === 0
        ? "no pools"
        : pools.map(({ poolHandle, poolElements }) =>
          `${poolHandle} ${narrateElements(poolElements, stage.cluster.names)}`
        ).join(", ");
    });
    stage.tell(`${registrar.name} knows ${text}`);
  }
}

/** Bytes in JSON are lists of numbers. */
function revive(_key: string, value: unknown): unknown {
  const isBytes = Array.isArray(value) && value.every((each) => typeof each === "number");
  return isBytes ? new Uint8Array(value) : value;
}

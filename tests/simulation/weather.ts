/** What goes wrong in a run, as a seed has it: who is killed, frozen, cut off, and for how long. */

import type { Cluster, ClusterElement, Member, Stranger } from "../../lib/sim/mod.ts";
import { asap, type Policy } from "../../lib/wire/mod.ts";

/** How often each kind of thing happens, relative to the others. */
export type Climate = Readonly<Partial<Record<keyof typeof DISASTERS, number>>>;

/** Everything that can happen, about equally bad. */
export const STORMY: Climate = {
  killElement: 6,
  powerOffElement: 3,
  freezeElement: 4,
  stopElement: 3,
  deregisterElement: 4,
  loadElement: 10,
  deafenElement: 1,
  cutElement: 5,
  deceiveElement: 2,
  partitionElement: 3,
  killUser: 2,
  freezeUser: 2,
  deafenUser: 2,
  cutUser: 2,
  powerOffUser: 1,
  killRegistrar: 1,
  powerOffRegistrar: 1,
  freezeRegistrar: 1,
  stopRegistrar: 1,
  slander: 2,
  babble: 3,
};

/** Nobody dies; only loads and checks go up and down. */
export const FAIR: Climate = { deregisterElement: 5, loadElement: 20, stopElement: 1 };

type AnyMember = Member<unknown, { readonly type: string }>;

/** Makes things happen, and has all of them pass. */
export class Weather {
  readonly cluster: Cluster;
  private readonly kinds: (keyof typeof DISASTERS)[];
  /** What is to be done for each disaster to be over. */
  private readonly remedies = new Set<() => void>();
  /** Whoever has something at the moment is left alone. */
  private readonly affected = new Set<AnyMember>();
  private readonly strangers: Stranger[] = [];
  private happened = 0;

  constructor(cluster: Cluster, climate: Climate) {
    this.cluster = cluster;
    this.kinds = Object.entries(climate).flatMap(([kind, weight]) =>
      Array<keyof typeof DISASTERS>(weight).fill(kind as keyof typeof DISASTERS)
    );
  }

  /** How much has happened. */
  get count(): number {
    return this.happened;
  }

  /** Something happens. */
  strike(): void {
    const kind = this.kinds[this.cluster.random.below(this.kinds.length)]!;
    DISASTERS[kind](this);
    this.happened++;
  }

  /** Everything is as it should be again. */
  clear(): void {
    for (const remedy of this.remedies) remedy();
    this.remedies.clear();
  }

  element(): ClusterElement {
    return this.pick(this.cluster.elements);
  }

  /** Whether nobody else lives on an element's host. */
  livesAlone(element: ClusterElement): boolean {
    return this.elements.every((each) => each === element || each.host !== element.host);
  }

  /** Someone who keeps no rule; there are a few of them. */
  stranger(): Stranger {
    if (this.strangers.length < 4) this.strangers.push(this.cluster.addStranger());
    return this.pick(this.strangers);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.cluster.random.below(from.length)]!;
  }

  /** Has something happen to a member, and be over after a while. */
  befall(member: AnyMember, happen: () => void, pass: () => void): void {
    if (this.affected.has(member)) return;
    this.affected.add(member);
    happen();
    const remedy = () => {
      task.cancel();
      this.remedies.delete(remedy);
      this.affected.delete(member);
      pass();
    };
    this.remedies.add(remedy);
    const task = this.cluster.scheduler.after(this.while(), remedy);
  }

  get elements() {
    return this.cluster.elements;
  }

  get users() {
    return this.cluster.users;
  }

  get registrars() {
    return this.cluster.registrars;
  }

  get network() {
    return this.cluster.network;
  }

  get random() {
    return this.cluster.random;
  }

  /** Mostly seconds, sometimes minutes. */
  private while(): number {
    const { random } = this.cluster;
    return random.below(10 ** (2 + random.below(4)) * 2) + 1;
  }
}

/** Starts an element again, as the same or as another. */
function resurrect(weather: Weather, element: ClusterElement): void {
  if (weather.random.below(2) === 0) element.renew(weather.random.below(0xffffffff) + 1);
  element.start();
  element.register();
}

function loaded(policy: Policy, random: { below(n: number): number }): Policy {
  if ("load" in policy) return { ...policy, load: random.below(0xffffffff) };
  if ("weight" in policy) return { ...policy, weight: 1 + random.below(5) };
  if ("priority" in policy) return { ...policy, priority: random.below(100) };
  return policy;
}

function restart(weather: Weather, members: readonly AnyMember[], how: "kill" | "powerOff"): void {
  const member = weather.pick(members);
  weather.befall(member, () => member[how](), () => member.start());
}

function freeze(weather: Weather, members: readonly AnyMember[]): void {
  const member = weather.pick(members);
  weather.befall(member, () => member.freeze(), () => member.thaw());
}

function deafen(weather: Weather, members: readonly AnyMember[]): void {
  const member = weather.pick(members);
  weather.befall(member, () => member.setReading(false), () => member.setReading(true));
}

const DISASTERS = {
  killElement(weather: Weather) {
    const element = weather.element();
    weather.befall(element, () => element.kill(), () => resurrect(weather, element));
  },
  powerOffElement(weather: Weather) {
    const element = weather.element();
    if (!weather.livesAlone(element)) return;
    weather.befall(element, () => element.powerOff(), () => resurrect(weather, element));
  },
  freezeElement: (weather: Weather) => freeze(weather, weather.elements),
  stopElement(weather: Weather) {
    const element = weather.element();
    weather.befall(element, () => element.stop(), () => {
      if (element.isRunning) element.kill();
      resurrect(weather, element);
    });
  },
  deregisterElement(weather: Weather) {
    const element = weather.element();
    if (!element.isRunning || !element.isWanted) return;
    weather.befall(element, () => element.deregister(), () => element.register());
  },
  loadElement(weather: Weather) {
    const element = weather.element();
    if (!element.isRunning) return;
    const times = 1 + weather.random.below(3);
    for (let i = 0; i < times; i++) element.update(loaded(element.options.policy, weather.random));
  },
  deafenElement: (weather: Weather) => deafen(weather, weather.elements),
  cutElement(weather: Weather) {
    weather.network.cut(weather.element().host, weather.pick(weather.registrars).host);
  },
  /** Only one side hears that the connection is lost. */
  deceiveElement(weather: Weather) {
    const { host } = weather.element();
    const registrar = weather.pick(weather.registrars);
    const onlyAt = weather.random.below(2) === 0 ? host : registrar.host;
    weather.network.cut(host, registrar.host, onlyAt);
  },
  partitionElement(weather: Weather) {
    const element = weather.element();
    const { host } = weather.pick(weather.registrars);
    weather.befall(
      element,
      () => weather.network.partition(element.host, host),
      () => weather.network.heal(element.host, host),
    );
  },
  killUser: (weather: Weather) => restart(weather, weather.users, "kill"),
  powerOffUser: (weather: Weather) => restart(weather, weather.users, "powerOff"),
  freezeUser: (weather: Weather) => freeze(weather, weather.users),
  deafenUser: (weather: Weather) => deafen(weather, weather.users),
  cutUser(weather: Weather) {
    weather.network.cut(weather.pick(weather.users).host, weather.pick(weather.registrars).host);
  },
  killRegistrar: (weather: Weather) => restart(weather, weather.registrars, "kill"),
  powerOffRegistrar: (weather: Weather) => restart(weather, weather.registrars, "powerOff"),
  freezeRegistrar: (weather: Weather) => freeze(weather, weather.registrars),
  stopRegistrar(weather: Weather) {
    const registrar = weather.pick(weather.registrars);
    weather.befall(registrar, () => registrar.stop(), () => registrar.start());
  },
  /** Many users at once say that an element is unreachable. */
  slander(weather: Weather) {
    const { poolHandle, identifier } = weather.element();
    for (const user of weather.users.slice(0, 1 + weather.random.below(weather.users.length))) {
      if (user.isRunning) user.reportUnreachable(poolHandle, identifier);
    }
  },
  babble,
};

/** Someone connects and writes what is no message, half of one, or questions without end. */
function babble(weather: Weather): void {
  const { random, cluster } = weather;
  const stranger = weather.stranger();
  const registrar = weather.pick(weather.registrars);
  stranger.setReading(random.below(2) === 0);
  stranger.connect(random.below(4) === 0 ? registrar.enrp : registrar.asap);
  cluster.scheduler.after(200, () => {
    const times = 1 + random.below(40);
    for (let i = 0; i < times; i++) stranger.write(babbling(weather));
  });
  cluster.scheduler.after(1000 + random.below(60_000), () => stranger.close());
}

function babbling(weather: Weather): Uint8Array {
  const { random } = weather;
  const { poolHandle } = weather.element().options;
  const question = asap.encode({
    type: "ASAP_HANDLE_RESOLUTION",
    poolHandle,
    dynamicUpdates: random.below(2) === 0,
  });
  const kind = random.below(3);
  if (kind === 0) return question;
  if (kind === 1) return question.subarray(0, 4 * random.below(question.length / 4));
  return Uint8Array.from({ length: 4 * random.below(30) }, () => random.below(256));
}

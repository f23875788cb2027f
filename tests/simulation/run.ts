/** One seeded run: storms and quiet times, with every checker watching. */

import { POOL_USER_TIMING } from "../../lib/core/mod.ts";
import { seededRandom } from "../../lib/handlespace/mod.ts";
import {
  AnswerChecker,
  CheckFailed,
  checkMemory,
  checkPresence,
  Cluster,
  type ClusterUser,
  DepartureChecker,
  EvictionChecker,
  MessageChecker,
  PaceChecker,
  RejectionChecker,
  TimeoutChecker,
} from "../../lib/sim/mod.ts";
import type { Policy, PoolElement } from "../../lib/wire/mod.ts";
import { type Climate, Weather } from "./weather.ts";

/** What a run is made of. */
export interface RunOptions {
  readonly seed: number;
  readonly registrars: number;
  readonly elements: number;
  readonly users: number;
  readonly climate: Climate;
  /** Storms, each followed by quiet time. */
  readonly storms: number;
  readonly stormMs: number;
  /** Mean time between two things that go wrong. */
  readonly betweenMs: number;
  /** Lines of the transcript that are kept for a failure. */
  readonly keepLines?: number;
}

/** What came of a run. */
export interface RunReport {
  readonly messages: number;
  readonly steps: number;
  readonly virtualMs: number;
  readonly strikes: number;
  /** Elements in answers to users. */
  readonly handedOut: number;
  /** Elements that registrars removed. */
  readonly removals: number;
  readonly digest: number;
}

/** More than stands between trouble and its end: T2 twice, and a pause of RETRAN-MAX at most. */
export const QUIET_MS = 200_000;
/** Between two looks at what needs to be looked at often. */
const LOOK_MS = 1000;
/** What no member may exceed, however bad things are: the events are those of a registrar. */
const MESSAGES_A_MINUTE = 1500;
const EVENTS_A_MINUTE = 3000;

const POOLS: readonly (readonly [handle: string, policy: Policy])[] = [
  ["web", { name: "round-robin" }],
  ["mail", { name: "weighted-round-robin", weight: 2 }],
  ["log", { name: "random" }],
  ["news", { name: "weighted-random", weight: 3 }],
  ["main-and-spare", { name: "priority", priority: 10 }],
  ["cpu", { name: "least-used", load: 0x20000000 }],
  ["disk", { name: "least-used-degradation", load: 0x10000000, degradation: 0x01000000 }],
  ["tape", { name: "priority-least-used", load: 0x10000000, degradation: 0x02000000 }],
  ["net", { name: "randomized-least-used", load: 0x40000000 }],
];

/** A cluster under a climate. */
export class Run {
  readonly cluster: Cluster;
  readonly weather: Weather;
  private readonly options: RunOptions;
  private readonly messages: MessageChecker;
  private readonly departures: DepartureChecker;
  private readonly evictions: EvictionChecker;
  private readonly answers: AnswerChecker;

  constructor(options: RunOptions) {
    this.options = options;
    const { latencyMs, ...surroundings } = surroundingsOf(options.seed);
    const cluster = new Cluster({
      seed: options.seed,
      latencyMs,
      ...surroundings,
      timerLatenessMs: 5,
      keepLines: options.keepLines ?? 400,
    });
    this.cluster = cluster;
    this.weather = new Weather(cluster, options.climate);
    this.messages = new MessageChecker(cluster);
    this.departures = new DepartureChecker(cluster, 1000 + 8 * latencyMs[1]);
    this.evictions = new EvictionChecker(cluster);
    this.answers = new AnswerChecker(cluster, POOL_USER_TIMING);
    for (const watcher of [this.messages, this.departures, this.answers]) cluster.watch(watcher);
    cluster.watch(
      new PaceChecker(cluster, {
        messages: MESSAGES_A_MINUTE,
        events: EVENTS_A_MINUTE + 60 * (options.elements + options.users),
      }),
    );
    cluster.watch(new RejectionChecker());
    cluster.watch(new TimeoutChecker(cluster));
    cluster.watch(this.evictions);
    this.populate();
  }

  /** Runs it to its end. */
  play(): RunReport {
    this.advance(QUIET_MS);
    checkPresence(this.cluster, { areIndependent: this.options.registrars > 1 });
    for (let storm = 0; storm < this.options.storms; storm++) {
      this.storm();
      this.calm();
      if (this.options.registrars > 1) this.doze();
    }
    return this.report();
  }

  /** Time in which things go wrong. */
  storm(): void {
    const { cluster, weather } = this;
    const until = cluster.now + this.options.stormMs;
    while (cluster.now < until) {
      this.advance(1 + cluster.random.below(2 * this.options.betweenMs));
      weather.strike();
    }
  }

  /** Everything becomes well; then the registrars must know what is so. */
  calm(): void {
    this.weather.clear();
    for (const element of this.cluster.elements) {
      if (!element.isRunning) element.start();
      if (element.state === "idle" || element.state === "stopped") element.register();
    }
    this.settleDown();
  }

  /** One of several registrars stands still all the time: the others must do. */
  doze(): void {
    const registrar = this.weather.pick(this.cluster.registrars);
    registrar.freeze();
    for (const element of this.cluster.elements.slice(0, 5)) {
      if (element.home === registrar.identifier) element.deregister();
    }
    this.settleDown();
    registrar.thaw();
    this.calm();
  }

  private settleDown(): void {
    this.advance(QUIET_MS);
    checkPresence(this.cluster, { areIndependent: this.options.registrars > 1 });
    for (const { name, state } of this.cluster.elements) {
      if (state !== "deregistering") continue;
      throw new CheckFailed("departures", `${name} has asked to leave and waits for ever`);
    }
    checkMemory(this.cluster);
    this.messages.checkQueues();
    this.cluster.truth.forgetGone(this.cluster.now - QUIET_MS);
  }

  /** Lets time pass, and looks now and then. */
  advance(ms: number): void {
    const until = this.cluster.now + ms;
    while (this.cluster.now < until) {
      this.cluster.advance(Math.min(LOOK_MS, until - this.cluster.now));
      this.answers.check();
    }
  }

  report(): RunReport {
    const { scheduler, transcript } = this.cluster;
    return {
      messages: this.messages.checked,
      steps: scheduler.steps,
      virtualMs: scheduler.now,
      strikes: this.weather.count,
      handedOut: this.departures.checked,
      removals: this.evictions.checked,
      digest: transcript.digest,
    };
  }

  private populate(): void {
    const { cluster, options } = this;
    for (let i = 0; i < options.registrars; i++) cluster.addRegistrar();
    for (let i = 0; i < options.elements; i++) {
      const [poolHandle, policy] = POOLS[i % POOLS.length]!;
      // A third of them share a host with another.
      const neighbour = i % 3 === 2 ? cluster.elements[i - 1]!.host : undefined;
      const element = cluster.addElement({
        poolHandle,
        policy,
        ...(neighbour !== undefined && { host: neighbour }),
        hasEndpoint: cluster.random.below(4) > 0,
        registrationLife: [60, 300, 3600, -1][cluster.random.below(4)]!,
      });
      element.register();
    }
    for (let i = 0; i < options.users; i++) this.keepAsking(cluster.addUser());
  }

  /** A user asks, tries to reach an element, and reports it if that fails; again and again. */
  private keepAsking(user: ClusterUser): void {
    const { cluster } = this;
    user.onAnswer = (answer) => {
      if (answer.type !== "resolved") return;
      const { poolElements } = answer;
      const element = poolElements[cluster.random.below(poolElements.length)]!;
      if (!this.serves(answer.poolHandle, element)) {
        user.reportUnreachable(answer.poolHandle, element.identifier);
      }
    };
    const ask = () => {
      if (user.isRunning) {
        const [poolHandle] = POOLS[cluster.random.below(POOLS.length)]!;
        const items = cluster.random.below(3) === 0 ? undefined : 1 + cluster.random.below(4);
        if (cluster.random.below(2) === 0) user.purge();
        user.resolve(poolHandle, items);
      }
      cluster.scheduler.after(1 + cluster.random.below(20_000), ask);
    };
    cluster.scheduler.after(cluster.random.below(20_000), ask);
  }

  private serves(poolHandle: string, element: PoolElement): boolean {
    const truth = this.cluster.truth.element(poolHandle, element.identifier);
    return truth?.servesSince !== undefined;
  }
}

/** A near or a far network, small or large buffers and reads, usual or fast keep-alives. */
function surroundingsOf(seed: number) {
  const random = seededRandom(seed + 1);
  const pick = <T>(...from: readonly T[]): T => from[random.below(from.length)]!;
  const keepAliveCycleMs = pick(30_000, 30_000, 5000);
  return {
    latencyMs: pick<readonly [number, number]>([0, 3], [0, 40], [20, 300]),
    readBytes: pick(Infinity, 700, 9),
    windowBytes: pick(65_536, 2500),
    registrarTiming: { keepAliveCycleMs },
    elementTiming: { keepAliveCycleMs },
  };
}

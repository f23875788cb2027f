/** Every checker of a cluster together. */

import { type Bounds, boundsOf } from "../bounds.ts";
import type { Cluster } from "../cluster.ts";
import { AnswerChecker } from "./answers.ts";
import { CheckFailed } from "./check_failed.ts";
import { ConvergenceChecker } from "./convergence.ts";
import { DepartureChecker } from "./departures.ts";
import { EvictionChecker } from "./evictions.ts";
import { gather } from "./knowledge.ts";
import { type Figures, LevelChecker } from "./level.ts";
import { checkMemory } from "./memory.ts";
import { MessageChecker } from "./messages.ts";
import { PaceChecker } from "./pace.ts";
import { checkPresence } from "./presence.ts";
import { RejectionChecker } from "./rejections.ts";
import { RestChecker } from "./rest.ts";
import { checkSubscriptions } from "./subscriptions.ts";
import { TimeoutChecker } from "./timeouts.ts";

/** Between two looks at what needs to be looked at often. */
const LOOK_MS = 5000;
/** What no member may exceed in a minute, however bad things are. */
const MESSAGES_A_MINUTE = 1500;
const EVENTS_A_MINUTE = 3000;
/** What each element and user adds to that. */
const MESSAGES_OF_ONE = 20;
const EVENTS_OF_ONE = 60;

/** Checks after which what is held can be compared with what was, and by how much it may differ. */
const LEVEL_SAMPLES = 12;
const LEVEL_SLACK = 100;

/** All checkers of one cluster, listening since they were made. */
export class CheckSuite {
  readonly bounds: Bounds;
  readonly messages: MessageChecker;
  readonly departures: DepartureChecker;
  readonly evictions: EvictionChecker;
  private readonly cluster: Cluster;
  private readonly convergence: ConvergenceChecker;
  private readonly rest: RestChecker;
  private readonly answers: AnswerChecker;
  private readonly level = new LevelChecker();
  private slack: Figures | undefined;

  /** Made once all members are there: bounds depend on how many there are. */
  constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.bounds = boundsOf(cluster);
    this.messages = new MessageChecker(cluster);
    this.departures = new DepartureChecker(cluster, this.bounds);
    this.evictions = new EvictionChecker(cluster);
    this.answers = new AnswerChecker(cluster, cluster.timing.user);
    this.convergence = new ConvergenceChecker(cluster);
    this.rest = new RestChecker(cluster, this.bounds);
    const crowd = cluster.elements.length + cluster.users.length;
    const pace = {
      messages: MESSAGES_A_MINUTE + MESSAGES_OF_ONE * crowd,
      events: EVENTS_A_MINUTE + EVENTS_OF_ONE * crowd,
    };
    const watchers = [
      this.messages,
      this.departures,
      this.evictions,
      this.answers,
      this.convergence,
      this.rest,
      new PaceChecker(cluster, pace),
      new RejectionChecker(),
      new TimeoutChecker(cluster),
    ];
    for (const watcher of watchers) cluster.watch(watcher);
    this.look();
  }

  /**
   * To be called at the end of quiet time: looks at everything. A little time passes.
   *
   * @throws {CheckFailed}
   */
  check(): void {
    const { cluster } = this;
    this.rest.check();
    const knowledge = gather(cluster);
    const areMeshed = cluster.registrars.some((each) => each.hasPeers);
    checkPresence(cluster, { areIndependent: !areMeshed && knowledge.length > 1 }, knowledge);
    if (areMeshed) this.convergence.check(knowledge);
    checkSubscriptions(cluster, knowledge);
    for (const { name, state } of cluster.elements) {
      if (state !== "deregistering") continue;
      throw new CheckFailed("departures", `${name} has asked to leave and waits for ever`);
    }
    // The connections of those who asked just now are over by then.
    cluster.advance(this.bounds.roundTripsMs);
    checkMemory(cluster);
    this.checkLevel();
    this.messages.checkQueues();
    cluster.truth.forgetGone(cluster.now - this.bounds.quietMs);
  }

  /** What the whole cluster holds goes up and down with who is away, and not ever up. */
  private checkLevel(): void {
    const { level, cluster } = this;
    const figures = { connections: cluster.network.size, timers: cluster.scheduler.pending };
    this.slack ??= {
      connections: LEVEL_SLACK + figures.connections,
      timers: LEVEL_SLACK + figures.timers,
    };
    level.sample(figures);
    if (level.count >= LEVEL_SAMPLES) level.check(this.slack);
  }

  private look(): void {
    this.answers.check();
    this.messages.checkQueues();
    this.cluster.scheduler.after(LOOK_MS, () => this.look());
  }
}

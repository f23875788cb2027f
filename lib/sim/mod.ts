/**
 * A whole cluster in one process, under virtual time and a seed.
 *
 * @module
 */

export { AnswerChecker } from "./checkers/answers.ts";
export { CheckFailed } from "./checkers/check_failed.ts";
export { ConvergenceChecker } from "./checkers/convergence.ts";
export { DepartureChecker } from "./checkers/departures.ts";
export { EvictionChecker } from "./checkers/evictions.ts";
export { type Figures, LevelChecker } from "./checkers/level.ts";
export { checkMemory } from "./checkers/memory.ts";
export { MessageChecker } from "./checkers/messages.ts";
export { PaceChecker, type PaceLimits } from "./checkers/pace.ts";
export { RejectionChecker } from "./checkers/rejections.ts";
export { TimeoutChecker } from "./checkers/timeouts.ts";
export { checkSubscriptions } from "./checkers/subscriptions.ts";
export { checkPresence, type PresenceOptions } from "./checkers/presence.ts";
export { RestChecker } from "./checkers/rest.ts";
export { CheckSuite } from "./checkers/suite.ts";
export { gather, type Knowledge } from "./checkers/knowledge.ts";
export { type Curiosity, keepAsking } from "./asking.ts";
export { Bounds, boundsOf, type Circumstances, type ClusterTiming } from "./bounds.ts";
export { FAULT_CLASSES, type FaultClass } from "./faults.ts";
export { HostClock } from "./host_clock.ts";
export {
  type Environment,
  type Fault,
  makePlan,
  type Plan,
  type PlanOptions,
  type Topology,
} from "./plan.ts";
export { commandsOf, type TimedCommand } from "./plan_commands.ts";
export {
  type ElementPlan,
  type Numbers,
  type Population,
  type RegistrarPlan,
  type UserPlan,
} from "./population.ts";
export { playScript } from "./scenario/play.ts";
export { type Block, type Command, formatScript, parseScript } from "./scenario/script.ts";
export { Stage } from "./scenario/stage.ts";
export { reduce, shrink, type ShrinkOptions, type Shrunk, withoutMembers } from "./shrink.ts";
export {
  Simulation,
  type SimulationOptions,
  type SimulationReport,
  type Violation,
} from "./simulation.ts";
export { tellStory } from "./story.ts";
export { TIMINGS } from "./timings.ts";
export { Cluster, type ClusterWatcher, type Delivery } from "./cluster.ts";
export { type ClusterSecurity, USUAL_RULES } from "./cluster_security.ts";
export type { ClusterOptions, ElementSettings, UserSettings } from "./cluster_settings.ts";
export type { Credentials } from "./credentials.ts";
export { ClusterBindingElement, type ClusterBindingOptions } from "./cluster_binding_element.ts";
export { ClusterElement, type ClusterElementOptions } from "./cluster_element.ts";
export { ClusterObserver } from "./cluster_observer.ts";
export { ClusterRegistrar } from "./cluster_registrar.ts";
export { type Answer, ClusterUser, type ClusterUserOptions } from "./cluster_user.ts";
export { type Belief, type ClientSurroundings, DhcpClient } from "./dhcp/client.ts";
export {
  DHCP_POOL,
  DhcpCluster,
  type DhcpClusterOptions,
  type DhcpMember,
} from "./dhcp/dhcp_cluster.ts";
export { DhcpNet, type DhcpNetOptions } from "./dhcp/dhcp_net.ts";
export {
  type DhcpReply,
  type DhcpRequest,
  Dnsmasq,
  type DnsmasqOptions,
  type HookEvent,
  type ImportedLease,
} from "./dhcp/dnsmasq.ts";
export { Lan, type LanOptions } from "./dhcp/lan.ts";
export { DhcpLaw } from "./dhcp/law.ts";
export { DhcpSite, type SiteOptions } from "./dhcp/site.ts";
export { playStorm, type StormOptions, type StormReport } from "./dhcp/storm.ts";
export { tableOf, TableWatch } from "./dhcp/table_watch.ts";
export { UpdateCount } from "./dhcp/update_count.ts";
export { type HandleTable, readPools, readTable } from "./inquiry.ts";
export { type Commons, Member, type Sabotage } from "./member.ts";
export { Names } from "./names.ts";
export { narrateEvent } from "./narrate_event.ts";
export {
  narrateBytes,
  narrateElement,
  narrateElements,
  narrateMessage,
  narratePolicy,
} from "./narrate_message.ts";
export {
  type Crossing,
  type DialError,
  Network,
  type NetworkOptions,
  type Wiretap,
} from "./network.ts";
export {
  Process,
  type ProcessNote,
  type ProcessObserver,
  type ProcessState,
  type Program,
  type Surroundings,
} from "./process.ts";
export { Livelock, Scheduler, type Task } from "./scheduler.ts";
export { type Party, Socket } from "./socket.ts";
export { Stranger } from "./stranger.ts";
export { formatLine, Transcript, type TranscriptLine } from "./transcript.ts";
export { type Departure, type ElementTruth, Truth } from "./truth.ts";

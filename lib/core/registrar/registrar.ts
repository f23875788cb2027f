/** The registrar (the RFCs' ENRP server) as a machine. Only the switch is here. RFC 5352 §3, §4. */

import { type AsapMessage, type EnrpMessage, MAX_MESSAGE_LENGTH } from "../../wire/mod.ts";
import type { Limits } from "../limits.ts";
import type { Connected, Input, Instant, Machine, Output, Received } from "../machine.ts";
import type { Timers } from "../timers.ts";
import {
  onDialWindow,
  onDisconnected,
  onEndpointConnected,
  onGraceEnd,
} from "./association_lost.ts";
import { onAdoptionDue } from "./adoption.ts";
import { onBindingDownloadDue } from "./bindings/audit.ts";
import { onBindingDumpRequest } from "./bindings/dump.ts";
import { onBindingDump, onRelayDue } from "./bindings/relay.ts";
import { onBindingUpdate, onPruneDue } from "./bindings/update.ts";
import { close } from "./attachment.ts";
import { onTableDue, resynchronize } from "./audit.ts";
import { OpenAssociation } from "./child.ts";
import type { RegistrarCommand, RegistrarEvent, RegistrarOptions } from "./contract.ts";
import type { RegistrarCounts } from "./counts.ts";
import { onDeregistration } from "./deregistration.ts";
import { onProbeConnected, onProbeFailed } from "./endpoint_probe.ts";
import { onEnrpMessage } from "./enrp.ts";
import { discard, onError, onUndecodable, reportUnrecognized } from "./errors.ts";
import { onExpiry } from "./expiry.ts";
import { passesGate, passesRights } from "./gate.ts";
import { onHandleResolution } from "./handle_resolution.ts";
import { endDownload } from "./handle_table.ts";
import { beginHandover, isHandedOver, sayGoodbye, suggestNext } from "./handover.ts";
import { beginInitialization, onInitializationDue } from "./initialization.ts";
import { onKeepAliveAck, onKeepAliveDue } from "./keep_alive.ts";
import {
  dialPeer,
  onHint,
  onIntroductionDue,
  onPeerDialled,
  onRetired,
} from "./peer_connection.ts";
import { onWatchDue } from "./peer_monitor.ts";
import { entitle, onPermissions } from "./permission_change.ts";
import { onHeartbeat } from "./presence.ts";
import { onRegistration } from "./registration.ts";
import { RegistrarState } from "./state.ts";
import type { RegistrarStatistics } from "./statistics.ts";
import { tellChanges, tellSubscribers } from "./subscriptions.ts";
import { onArbitrationDue } from "./takeover.ts";
import { onEndpointUnreachable } from "./unreachable.ts";
import { type RegistrarView, viewOf } from "./view.ts";

/** Headers and padding beside a pool handle, a policy and a pool element. */
const OTHER_BYTES = 64;
const MAX_IDENTIFIER = 0xffffffff;
/**
 * Deadlines that one input takes; with more, the next deadline is at once, so that others get on.
 */
const DEADLINES_PER_INPUT = 1000;

/** A registrar: pools and their elements, in step with its peers. */
export class RegistrarMachine implements Machine<RegistrarCommand, RegistrarEvent> {
  private readonly state: RegistrarState;
  private isStopped = false;

  /**
   * @throws {RangeError} if the identifier is not from 1 to 4294967295 (RFC 5353 §3.2.1), if a
   * message could not hold what the limits allow, or if it is secured and has rsplib for a peer.
   */
  constructor(options: RegistrarOptions) {
    const { identifier } = options;
    if (!Number.isInteger(identifier) || identifier < 1 || identifier > MAX_IDENTIFIER) {
      throw new RangeError(`Cannot be registrar ${identifier}: it must be from 1 to 4294967295`);
    }
    requireFitting(options.limits);
    requireOneKind(options);
    this.state = new RegistrarState(options);
  }

  /** Takes one input. */
  handle(input: Input<RegistrarCommand>, now: Instant): void {
    if (this.isStopped) return this.refuse(input);
    const { state } = this;
    switch (input.type) {
      case "connected":
        this.onConnected(input, now);
        break;
      case "received":
        this.onReceived(input, now);
        break;
      case "undecodable": {
        const open = state.associations.get(input.association);
        if (open !== undefined) onUndecodable(state, open, input);
        break;
      }
      case "disconnected":
        onDisconnected(state, input, now);
        break;
      case "deadline":
        this.onDeadline(now);
        break;
      case "command":
        this.onCommand(input.command, now);
        break;
    }
    this.handleReleased(now);
    tellChanges(state, now);
    if (this.isStopped) return;
    if (isHandedOver(state)) this.stop();
    else suggestNext(state);
  }

  /** The next output. */
  poll(): Output<RegistrarEvent> | undefined {
    return this.state.outputs.poll();
  }

  /** When to call again. */
  deadline(): Instant | undefined {
    return this.isStopped ? undefined : this.state.deadline();
  }

  /** How much it remembers of what; for whoever watches that nothing is left over. */
  statistics(): RegistrarStatistics {
    return this.state.statistics();
  }

  /** What it has done since its start. */
  counts(): RegistrarCounts {
    return this.state.counter.view();
  }

  /** What it shows of itself to its own operator. */
  view(now: Instant): RegistrarView {
    return viewOf(this.state, now);
  }

  private onCommand(command: RegistrarCommand, now: Instant): void {
    const { state } = this;
    switch (command.type) {
      case "start":
        return beginInitialization(state, command.served, now);
      case "hint":
        return onHint(state, command.enrp);
      case "permissions":
        return onPermissions(state, command.rules, command.rates, now);
      case "stop":
        if (!state.isStopping && !beginHandover(state, now)) this.stop();
    }
  }

  private onConnected(input: Connected, now: Instant): void {
    const { state } = this;
    const { association, protocol, remote } = input;
    const dial = state.dials.get(association);
    const peerAddress = state.peers.dials.get(association);
    const open = new OpenAssociation(input, { dial, peerAddress }, ++state.opened);
    entitle(state, open);
    state.associations.set(association, open);
    const { identity } = open;
    state.tell({ type: "association-opened", association, protocol, remote, identity });
    const probe = state.probes.get(association);
    if (dial !== undefined) onEndpointConnected(state, open, now);
    else if (probe !== undefined) onProbeConnected(state, open, probe, now);
    else if (peerAddress !== undefined) onPeerDialled(state, open, now);
    else if (protocol === "ASAP" && !state.isServing) close(state, open, "initializing");
  }

  private onReceived(input: Received, now: Instant): void {
    const open = this.state.associations.get(input.association);
    if (open === undefined || !passesGate(this.state, open, input.message, now)) return;
    if (open.protocol === "ASAP") this.onAsapMessage(open, input.message as AsapMessage, now);
    else onEnrpMessage(this.state, open, input.message as EnrpMessage, now);
    reportUnrecognized(this.state, open, input);
  }

  /** RFC 5352 §4: what an ENRP server must understand, and what means nothing to it. */
  private onAsapMessage(
    open: OpenAssociation,
    message: AsapMessage,
    now: Instant,
    isCleared = false,
  ): void {
    const { state } = this;
    switch (message.type) {
      case "ASAP_REGISTRATION":
        return onRegistration(state, open, message, now, isCleared);
      case "ASAP_DEREGISTRATION":
        return onDeregistration(state, open, message, now);
      case "ASAP_HANDLE_RESOLUTION":
        return onHandleResolution(state, open, message);
      case "ASAP_ENDPOINT_KEEP_ALIVE_ACK":
        return onKeepAliveAck(state, open, message, now);
      case "ASAP_ENDPOINT_UNREACHABLE":
        return onEndpointUnreachable(state, open, message, now);
      case "ASAP_ERROR":
        return onError(state, open, message);
      case "ASAP_BINDING_UPDATE":
        return onBindingUpdate(state, open, message, now);
      case "ASAP_BINDING_DUMP_REQUEST":
        return onBindingDumpRequest(state, open, message, now);
      case "ASAP_BINDING_DUMP":
        return onBindingDump(state, open, message);
      default:
        return discard(state, open, message, "it means nothing to a registrar");
    }
  }

  /** Requests that waited for an element that is lost or gone. */
  private handleReleased(now: Instant): void {
    const { state } = this;
    for (;;) {
      const contender = state.released.shift();
      if (contender === undefined) return;
      const { open, message, isCleared } = contender;
      if (!state.associations.has(open.association)) continue;
      // While it waited, permissions may have changed, and whose the identifier is.
      if (!passesRights(state, open, message)) continue;
      this.onAsapMessage(open, message, now, isCleared);
    }
  }

  private onDeadline(now: Instant): void {
    for (let left = DEADLINES_PER_INPUT; left > 0; left--) {
      if (this.isStopped || !this.takeDeadline(now)) return;
    }
  }

  private takeDeadline(now: Instant): boolean {
    const { state } = this;
    // First: they are few, and peers must hear of a registrar however busy it is with its elements.
    return this.takePeerDeadline(now) ||
      take(state.expiries, now, (child) => onExpiry(state, child)) ||
      take(state.keepAlives, now, (child) => onKeepAliveDue(state, child, now)) ||
      take(state.subscriptions.held, now, (pool) => tellSubscribers(state, pool, now)) ||
      take(state.graces, now, (child) => onGraceEnd(state, child)) ||
      take(state.dialBudget.windows, now, (address) => onDialWindow(state, address, now)) ||
      take(state.downloads, now, (open) => endDownload(state, open)) ||
      take(state.probeTimers, now, (each) => onProbeFailed(state, each)) ||
      take(state.adoptions, now, (child) => onAdoptionDue(state, child, now)) ||
      take(state.initialization.timers, now, (each) => onInitializationDue(state, each, now)) ||
      take(state.bindings.relays, now, (relay) => onRelayDue(state, relay)) ||
      take(state.bindings.downloads, now, (each) => onBindingDownloadDue(state, each, now)) ||
      take(state.bindings.prunes, now, (pool) => onPruneDue(state, pool, now)) ||
      take(state.handovers, now, () => this.stop());
  }

  private takePeerDeadline(now: Instant): boolean {
    const { state, state: { peers } } = this;
    return take(peers.heartbeats, now, () => onHeartbeat(state, now)) ||
      take(peers.watches, now, (peer) => onWatchDue(state, peer, now)) ||
      take(peers.redials, now, (address) => dialPeer(state, address)) ||
      take(peers.introductions, now, (open) => onIntroductionDue(state, open, now)) ||
      take(peers.retirements, now, (open) => onRetired(state, open)) ||
      take(peers.arbitrations, now, (takeover) => onArbitrationDue(state, takeover, now)) ||
      take(peers.tables, now, (peer) => onTableDue(state, peer, now)) ||
      take(peers.audits, now, (peer) => resynchronize(state, peer, "audit", now));
  }

  private stop(): void {
    const { state } = this;
    this.isStopped = true;
    sayGoodbye(state);
    const associations = state.associations.size;
    const elements = state.children.size;
    for (const association of [state.dials, state.peers.dials, state.probes].flatMap(keysOf)) {
      if (!state.associations.has(association)) state.outputs.close(association);
    }
    for (const open of state.associations.values()) close(state, open, "stopped");
    state.tell({ type: "stopped", associations, elements });
  }

  private refuse(input: Input<RegistrarCommand>): void {
    if (input.type === "connected") this.state.outputs.close(input.association);
  }
}

function keysOf<K>(map: ReadonlyMap<K, unknown>): K[] {
  return [...map.keys()];
}

function take<K>(timers: Timers<K>, now: Instant, handle: (key: K) => void): boolean {
  const key = timers.takeDue(now);
  if (key === undefined) return false;
  handle(key);
  return true;
}

/** RFC 5355 §2.15: what rsplib says is neither secured nor of an owner (protocol decision 29). */
function requireOneKind({ security, rsplibPeers = [] }: RegistrarOptions): void {
  if (security === undefined || rsplibPeers.length === 0) return;
  throw new RangeError("Cannot be a secured registrar with rsplib among the peers: it has no TLS");
}

/** A resolution's answer must hold a pool handle, a policy and one pool element, a table less. */
function requireFitting({ maxHandleBytes, maxElementBytes, tablePageBytes }: Limits): void {
  const bytes = Math.max(tablePageBytes, maxHandleBytes + 2 * maxElementBytes + OTHER_BYTES);
  if (bytes <= MAX_MESSAGE_LENGTH) return;
  throw new RangeError(
    `Cannot serve with limits that make messages of ${bytes} bytes: the limit is 65535`,
  );
}

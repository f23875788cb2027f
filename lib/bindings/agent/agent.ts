/** The agent beside a DHCP server, as a machine: only the doors are here. docs/dhcp.md §2, §3. */

import type { Binding, BindingServer, IpAddress } from "../../wire/mod.ts";
import { contentOf, type Instant, stored, told } from "../stored_binding.ts";
import {
  contentOfServer,
  hasFlag,
  type StoredServer,
  storedServer,
  toldServer,
} from "../stored_server.ts";
import { AgentState } from "./agent_state.ts";
import { acknowledgeClaims, claimAnew, maySpend, silenceMs, silentAt } from "./claim.ts";
import type { AgentOptions, AgentOutput, Change, LeaseEvent, SavedAgent } from "./contract.ts";
import { onLeaseEvent } from "./lease_events.ts";
import { desiredAt, reassert, settle, settleAll } from "./settling.ts";

/** How often it looks whether anything has ended without a word. */
const SWEEP_MS = 10_000;
/** After so long a change that was not confirmed is made again: its events were merged away. */
const CHANGE_PATIENCE_MS = 60_000;

/**
 * Decides what a DHCP server is to have at each address of its pool, and what others are told. It
 * knows neither DHCP nor the registrars' protocol: call `poll` after each input until it is empty.
 */
export class BindingAgent {
  private readonly state: AgentState;
  private wasSynchronized = false;
  /** Servers of which the registrar knows something. */
  private readonly shownServers = new Set<number>();

  /**
   * With what was saved, if anything was.
   *
   * @throws {RangeError} if the range has no address, or too many.
   */
  constructor(options: AgentOptions, now: Instant) {
    this.state = new AgentState(options);
    if (options.saved !== undefined) this.load(options.saved, now);
    this.introduce(now);
    this.state.recountServers(now);
    this.declare(now);
  }

  /** Records of all DHCP servers, its own included. */
  get servers(): readonly StoredServer[] {
    return [...this.state.table.servers.values()];
  }

  /** Whether it may give new clients what is free of its share. */
  get maySpend(): boolean {
    return maySpend(this.state);
  }

  /**
   * Whether the DHCP server may run at all. One that was down by an operator's word may not before
   * all others know that it is back: they gave addresses away without asking it.
   */
  get mayServe(): boolean {
    return !this.state.isReturning;
  }

  /** Whether it has something that the DHCP server has not confirmed. */
  get hasPending(): boolean {
    return this.state.pending.size > 0;
  }

  /** What came of all. */
  *bindings(now: Instant): IterableIterator<Binding> {
    for (const each of this.state.table.page(undefined, Infinity)) yield told(each, now);
  }

  /** The DHCP server has done something. */
  onLeaseEvent(event: LeaseEvent, now: Instant): void {
    onLeaseEvent(this.state, event, now);
  }

  /** A registrar begins to show its whole table. */
  onTableBegan(): void {
    this.wasSynchronized = false;
    this.state.shown = new Set();
    this.state.isOwnRecordShown = false;
    this.shownServers.clear();
  }

  /** A registrar has told what it knows. */
  onRecords(
    servers: readonly BindingServer[],
    bindings: readonly Binding[],
    now: Instant,
  ): void {
    const { state } = this;
    const before = state.own;
    const given = bindings.map(({ address }) => state.table.bindings.get(address));
    const merged = state.table.merge(servers, bindings, now);
    for (const each of given) if (each !== undefined) reassert(state, each, now);
    for (const { counter } of bindings) state.see(counter);
    for (const each of merged.lost) this.tellLost(each.address);
    for (const each of merged.newer) state.publishAgain(each.address);
    for (const each of servers) this.passOnNewer(each, now);
    this.noteShown(servers, bindings, now);
    const own = servers.find(({ identifier }) => identifier === state.options.self);
    this.onOwnRecord(before, own, now);
    this.onServers(merged.servers, now);
    for (const { address } of merged.bindings) settle(state, address, now);
  }

  /** A registrar has shown its whole table: it is told what it lacks. */
  onSynchronized(now: Instant): void {
    const { state } = this;
    state.isSynchronized = true;
    this.wasSynchronized = true;
    const { shown } = state;
    if (shown !== undefined) {
      for (const { address } of state.table.bindings.values()) {
        if (!shown.has(address)) state.publishAgain(address);
      }
      for (const each of this.servers) {
        const isForgotten = hasFlag(each, "down") && !this.shownServers.has(each.identifier);
        if (isForgotten) state.passOn(each);
      }
      if (!state.isOwnRecordShown) state.publishOwnAgain();
    }
    state.shown = undefined;
    this.onContact(now);
    acknowledgeClaims(state, now);
  }

  /** A registrar has answered anything. */
  onContact(now: Instant): void {
    const { state } = this;
    this.noteSilence(now);
    state.contactAt = now;
    if (state.isSynchronized || !this.wasSynchronized) return;
    // Its association has lasted, so that all that is new has come over it.
    state.isSynchronized = true;
    acknowledgeClaims(state, now);
  }

  /** So much time may have passed unseen: a machine was stopped, and its clock was set after it. */
  onUnseenTime(milliseconds: number, now: Instant): void {
    const { state } = this;
    if (state.contactAt !== undefined) state.contactAt -= milliseconds;
    this.noteSilence(now);
  }

  /** The DHCP server ends, or was found dead. */
  onStopped(): void {
    const { state } = this;
    state.isServing = false;
    state.forgetChanges();
    state.holdings.clear();
    state.given = undefined;
  }

  /**
   * What the DHCP server is to have at its start: all that is not free. It does not run now, and
   * all of its events were told.
   */
  leases(now: Instant): readonly Change[] {
    this.onStopped();
    const { state } = this;
    state.recountServers(now);
    const given = state.given = new Map();
    for (const address of state.range.addresses()) {
      const holding = desiredAt(state, address, now);
      if (holding.kind !== "free") given.set(address, holding);
    }
    return [...given].map(([address, holding]) => ({ address, holding }));
  }

  /** The DHCP server has taken what {@linkcode leases} gave, and runs. */
  onRestarted(now: Instant): void {
    const { state } = this;
    for (const [address, holding] of state.given ?? []) state.hold(address, holding);
    state.given = undefined;
    state.isServing = true;
    state.sweepAt = now + SWEEP_MS;
    settleAll(state, now);
  }

  /** When to call {@linkcode onDeadline}. */
  deadline(): Instant | undefined {
    const { state } = this;
    let earliest = Math.min(silentAt(state) ?? Infinity, state.sweepAt);
    for (const each of state.table.servers.values()) {
      if (hasFlag(each, "down") && state.required.includes(each.identifier)) {
        earliest = Math.min(earliest, each.freeAt);
      }
    }
    return earliest === Infinity ? undefined : earliest;
  }

  /** Takes what is due. */
  onDeadline(now: Instant): void {
    const { state } = this;
    this.noteSilence(now);
    if (
      this.servers.some((each) =>
        hasFlag(each, "down") && each.freeAt <= now && state.required.includes(each.identifier)
      )
    ) settleAll(state, now);
    if (state.sweepAt > now) return;
    state.sweepAt = now + SWEEP_MS;
    for (const address of state.pendingBefore(now - CHANGE_PATIENCE_MS)) {
      state.pending.delete(address);
      settle(state, address, now);
    }
    state.table.prune(now).forEach((address) => settle(state, address, now));
    for (const { address, state: is } of [...state.table.bindings.values()]) {
      if (is === "BOUND") settle(state, address, now);
    }
    // Whatever it was by which the last address of others came to be held.
    acknowledgeClaims(state, now);
  }

  /** The next output. */
  poll(now: Instant): AgentOutput | undefined {
    return this.state.poll(now);
  }

  /** What is to survive on the disk. */
  snapshot(now: Instant): SavedAgent {
    const { state } = this;
    const { clock, confirmedClaim, contactAt } = state;
    return {
      servers: this.servers.map((each) => toldServer(each, now)),
      bindings: [...this.bindings(now)],
      clock,
      confirmedClaim,
      isReturning: state.isReturning,
      contactAgoMs: contactAt === undefined ? undefined : now - contactAt,
      savedAgoMs: 0,
    };
  }

  /** Takes up what was saved. */
  private load(saved: SavedAgent, now: Instant): void {
    const { state } = this;
    const savedAt = now - saved.savedAgoMs;
    state.table.merge(saved.servers, saved.bindings, savedAt);
    state.clock = Math.max(saved.clock, state.table.highestCounter());
    state.confirmedClaim = saved.confirmedClaim;
    state.isReturning = saved.isReturning;
    if (saved.contactAgoMs !== undefined) state.contactAt = savedAt - saved.contactAgoMs;
  }

  /** Its own record: as it was, unless it may not be trusted any more. */
  private introduce(now: Instant): void {
    const { state, state: { options } } = this;
    const { self: identifier, name, first, last, share, shares, lease } = options;
    const flags = options.authoritative ? ["authoritative", "withheld"] as const : [
      "withheld",
    ] as const;
    const fresh = { identifier, name, first, last, share, shares, lease, flags, freeAt: now };
    const known = state.table.servers.get(identifier);
    if (known === undefined) {
      state.confirmedClaim = 0;
      state.table.putServer({ ...fresh, version: 1, claim: 1, acknowledgements: [] });
      return state.publishOwnAgain();
    }
    const isSame = contentOfServer({ ...known, ...fresh, flags: known.flags }) ===
      contentOfServer(known);
    const isAuthoritative = hasFlag(known, "authoritative") === options.authoritative;
    const silent = state.contactAt === undefined || now - state.contactAt > silenceMs(state);
    if (isSame && isAuthoritative && !silent && !hasFlag(known, "down")) return;
    state.isReturning ||= hasFlag(known, "down");
    state.writeOwn({ ...fresh, claim: known.claim + 1 });
  }

  /** Addresses that nobody may give, and such as somebody may give again. */
  private declare(now: Instant): void {
    const { state, state: { options: { self, unavailable = [] } } } = this;
    for (const address of unavailable) {
      if (!state.range.includes(address)) continue;
      const known = state.table.bindings.get(address);
      if (known?.state !== "UNAVAILABLE") this.write(address, "UNAVAILABLE", now);
    }
    for (const { address, state: is, server } of [...state.table.bindings.values()]) {
      const isOver = is === "UNAVAILABLE" && server === self && !unavailable.includes(address);
      if (isOver) this.write(address, "EXPIRED", now);
    }
  }

  /** Makes a new version of an address that no client has any more. */
  private write(address: IpAddress, is: "UNAVAILABLE" | "EXPIRED", now: Instant): void {
    const { state } = this;
    state.write({
      address,
      state: is,
      transaction: "DECLARATION",
      counter: state.clock + 1,
      server: state.options.self,
      lease: 0,
      expiresAt: now,
    });
  }

  /** Tells of a client that has to give an address up. */
  private tellLost(address: IpAddress): void {
    const { state } = this;
    const now = state.table.bindings.get(address)!;
    for (const lost of state.table.lost(-Infinity)) {
      if (lost.address !== address) continue;
      const { hardware = "", clientId, host } = lost;
      state.tell({
        type: "conflict",
        address,
        client: { hardware, clientId, host },
        server: now.server,
      });
    }
  }

  /** A registrar that says something older of a server may have forgotten what it was. */
  private passOnNewer(told: BindingServer, now: Instant): void {
    const { state } = this;
    this.shownServers.add(told.identifier);
    const known = state.table.servers.get(told.identifier);
    if (
      known === undefined || contentOfServer(known) === contentOfServer(storedServer(told, now))
    ) {
      return;
    }
    state.passOn(known);
  }

  /** What a registrar has shown as this server has it need not be told to it. */
  private noteShown(
    servers: readonly BindingServer[],
    bindings: readonly Binding[],
    now: Instant,
  ): void {
    const { state } = this;
    if (state.shown === undefined) return;
    for (const each of bindings) {
      const known = state.table.bindings.get(each.address);
      if (known === undefined || contentOf(known) === contentOf(stored(each, now))) {
        state.shown.add(each.address);
      }
    }
    const own = servers.find(({ identifier }) => identifier === state.options.self);
    if (own === undefined) return;
    state.isOwnRecordShown = contentOfServer(storedServer(own, now)) === contentOfServer(state.own);
  }

  /** Somebody else has written this server's record: an operator, or it is an older one. */
  private onOwnRecord(
    before: StoredServer,
    told: BindingServer | undefined,
    now: Instant,
  ): void {
    const { state } = this;
    const { own } = state;
    // It claims its share anew already, and has not known why it must.
    if (told !== undefined && hasFlag(told, "down") && told.claim >= state.confirmedClaim) {
      state.isReturning = true;
    }
    if (own === before || contentOfServer(own) === contentOfServer(before)) return;
    if (hasFlag(own, "down")) return claimAnew(state, "down", now);
    // An older copy of this server's disk: what counts is what it is now.
    const { freeAt: _, ...mine } = before;
    state.writeOwn({ ...mine, claim: Math.max(own.claim, before.claim) + 1 });
    settleAll(state, now);
  }

  /** Records of servers are other ones. */
  private onServers(servers: readonly StoredServer[], now: Instant): void {
    const { state } = this;
    const others = servers.filter(({ identifier }) => identifier !== state.options.self);
    if (others.length === 0) return;
    for (const { name, flags } of others) state.tell({ type: "server-changed", name, flags });
    settleAll(state, now);
  }

  /** Looks whether no registrar was heard for too long. */
  private noteSilence(now: Instant): void {
    const { state } = this;
    const at = silentAt(state);
    if (at !== undefined && at <= now) claimAnew(state, "silent", now);
  }
}

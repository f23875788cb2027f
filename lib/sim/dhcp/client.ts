/** A DHCP client, unmodified: RFC 2131 §4.4. It believes what it was told, until its lease ends. */

import type { Client } from "../../bindings/mod.ts";
import type { Instant } from "../../core/mod.ts";
import type { Random } from "../../handlespace/mod.ts";
import type { IpAddress } from "../../wire/mod.ts";
import type { Scheduler, Task } from "../scheduler.ts";
import type { DhcpReply, DhcpRequest } from "./dnsmasq.ts";

/** How long offers are collected, and an answer is waited for. */
const OFFERS_MS = 1500;
const ANSWER_MS = 2000;
const RETRY_MS = 4000;
/** The shortest wait between two attempts to renew. */
const RENEW_RETRY_MS = 5000;
const REQUESTS = 2;

/** What a client has. */
export interface Belief {
  readonly address: IpAddress;
  readonly server: string;
  /** Instant of the simulation. */
  readonly until: Instant;
  readonly renewAt: Instant;
  readonly rebindAt: Instant;
}

/** What a client lives in. */
export interface ClientSurroundings {
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** Sends to one server, or to all; answers come to `receive`. */
  readonly send: (client: DhcpClient, request: DhcpRequest, server?: string) => void;
  /** It has been told that an address is its own. */
  readonly onBound: (client: DhcpClient, before: Belief | undefined) => void;
  /** It has none any more that it had. */
  readonly onUnbound: (client: DhcpClient, before: Belief, why: "NAK" | "expired") => void;
}

type State = "off" | "asleep" | "selecting" | "requesting" | "rebooting" | "bound";

/** One client. */
export class DhcpClient {
  state: State = "off";
  /** What it has, also while it is off: it may come back. */
  belief: Belief | undefined;
  /** The last address that it had; it asks for it again. */
  private lastAddress: IpAddress | undefined;
  /** Whether the first offer that comes will do. */
  private isLate = false;
  private offers: (DhcpReply & { type: "OFFER" })[] = [];
  private sentAt: Instant = 0;
  private attempts = 0;
  private timer: Task | undefined;

  /** @param rate How many times as fast as it should its clock runs. */
  constructor(
    readonly name: string,
    readonly identity: Client,
    private readonly surroundings: ClientSurroundings,
    private readonly rate = 1,
  ) {}

  private get now(): Instant {
    return this.surroundings.scheduler.now;
  }

  /** It is switched on: it asks for what it had, or for anything. */
  come(): void {
    if (this.state !== "off" && this.state !== "asleep") return;
    this.expire();
    if (this.belief === undefined) return this.discover();
    this.state = "rebooting";
    this.attempts = 0;
    this.reboot();
  }

  /** It is switched off, or sleeps: without a word, and it believes what it believes. */
  fallSilent(): void {
    this.timer?.cancel();
    this.state = "asleep";
  }

  /** It gives back what it has, and is switched off. */
  release(): void {
    const { belief } = this;
    this.timer?.cancel();
    this.state = "off";
    this.belief = undefined;
    if (belief === undefined || belief.until <= this.now) return;
    const { address, server } = belief;
    this.send({ type: "RELEASE", client: this.identity, address }, server);
  }

  /** It has forgotten what it had, as after it was installed anew. */
  forget(): void {
    this.timer?.cancel();
    this.state = "off";
    this.belief = undefined;
    this.lastAddress = undefined;
  }

  /** Whether it believes that an address is its own. */
  get address(): IpAddress | undefined {
    return this.belief !== undefined && this.belief.until > this.now
      ? this.belief.address
      : undefined;
  }

  /** An answer came. */
  receive(reply: DhcpReply): void {
    const { state } = this;
    if (reply.type === "OFFER") {
      if (state !== "selecting") return;
      this.offers.push(reply as DhcpReply & { type: "OFFER" });
      if (this.isLate) this.select();
      return;
    }
    const isWaiting = state === "requesting" || state === "rebooting" ||
      (state === "bound" && this.sentAt > 0);
    if (!isWaiting) return;
    if (reply.type === "NAK") return this.refused();
    this.bound(reply);
  }

  private discover(): void {
    this.state = "selecting";
    this.isLate = false;
    this.offers = [];
    this.sentAt = 0;
    this.send({ type: "DISCOVER", client: this.identity, wanted: this.lastAddress });
    this.after(OFFERS_MS, () => this.select());
  }

  private select(): void {
    this.isLate = this.offers.length === 0;
    if (this.isLate) return this.after(RETRY_MS, () => this.discover());
    const { random } = this.surroundings;
    const same = this.offers.find(({ address }) => address === this.lastAddress);
    const { address, server } = same ?? this.offers[random.below(this.offers.length)]!;
    this.state = "requesting";
    this.attempts = 0;
    this.request({ type: "SELECTING", client: this.identity, address, server });
  }

  private request(request: DhcpRequest): void {
    if (this.attempts++ === REQUESTS) return this.discover();
    this.sentAt = this.now;
    this.send(request);
    this.after(ANSWER_MS, () => this.request(request));
  }

  private reboot(): void {
    const { belief } = this;
    if (belief === undefined || this.expire()) return this.discover();
    // RFC 2131 §3.2: without an answer it may go on with what it has.
    if (this.attempts++ === REQUESTS) return this.waitBound();
    this.sentAt = this.now;
    this.send({ type: "INIT-REBOOT", client: this.identity, address: belief.address });
    this.after(ANSWER_MS, () => this.reboot());
  }

  private bound({ address, server, lease }: DhcpReply & { type: "OFFER" | "ACK" }): void {
    const before = this.belief;
    // RFC 2131 §4.4.1: counted from when it has asked.
    const at = (share: number) => this.sentAt + Math.floor(lease * 1000 * share / this.rate);
    this.belief = { address, server, until: at(1), renewAt: at(0.5), rebindAt: at(0.875) };
    this.lastAddress = address;
    this.sentAt = 0;
    this.state = "bound";
    this.surroundings.onBound(this, before);
    this.waitBound();
  }

  private refused(): void {
    const { belief } = this;
    this.belief = undefined;
    this.lastAddress = undefined;
    if (belief !== undefined) this.surroundings.onUnbound(this, belief, "NAK");
    this.state = "off";
    this.after(ANSWER_MS, () => this.discover());
  }

  private waitBound(): void {
    const { now, belief } = this;
    if (belief === undefined) return this.discover();
    this.state = "bound";
    const { until, renewAt, rebindAt } = belief;
    if (now < renewAt) return this.after(renewAt - now, () => this.renew());
    const end = now < rebindAt ? rebindAt : until;
    const wait = Math.max(RENEW_RETRY_MS, Math.floor((end - now) / 2));
    this.after(Math.min(wait, Math.max(1, end - now)), () => this.renew());
  }

  private renew(): void {
    const { belief, now } = this;
    if (belief === undefined || this.expire()) return this.discover();
    const { address, server, rebindAt } = belief;
    const type = now < rebindAt ? "RENEWING" : "REBINDING";
    this.sentAt = now;
    this.send({ type, client: this.identity, address }, type === "RENEWING" ? server : undefined);
    this.waitBound();
  }

  /** Whether what it had has ended. */
  private expire(): boolean {
    const { belief } = this;
    if (belief === undefined || belief.until > this.now) return false;
    this.belief = undefined;
    this.surroundings.onUnbound(this, belief, "expired");
    return true;
  }

  private send(request: DhcpRequest, server?: string): void {
    this.surroundings.send(this, request, server);
  }

  private after(ms: number, run: () => void): void {
    this.timer?.cancel();
    this.timer = this.surroundings.scheduler.after(ms, run);
  }
}

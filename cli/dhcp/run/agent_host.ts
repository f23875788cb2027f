/** The agent with a clock and a timer, and the order in which its word leaves this host. */

import type {
  Binding,
  BindingAgent,
  BindingAgentEvent,
  BindingChange,
  BindingServer,
} from "../../api.ts";
import type { Clock } from "./clock.ts";

/** What an agent's outputs go to. */
export interface AgentHostParts {
  readonly agent: BindingAgent;
  readonly clock: Clock;
  /** dnsmasq is to have something else. */
  apply(changes: readonly BindingChange[], urgent: boolean): void;
  tell(event: BindingAgentEvent): void;
  /** Resolves once all that the agent knows is on the disk; `false`: it never will be. */
  save(): Promise<boolean>;
  publish(servers: readonly BindingServer[], bindings: readonly Binding[]): void;
  /** It may be in another state than before. */
  changed(): void;
}

/** Longest wait of a timer: clocks may be set, and machines may sleep. */
const LONGEST_WAIT_MS = 10_000;

/** Runs an agent. */
export class AgentHost {
  private readonly parts: AgentHostParts;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private servers = new Map<number, BindingServer>();
  private bindings: Binding[] = [];
  private isClosed = false;
  private leaving: Promise<void> = Promise.resolve();

  constructor(parts: AgentHostParts) {
    this.parts = parts;
  }

  /** Gives the agent an input, and does what it says. */
  do<T>(input: (agent: BindingAgent, now: number) => T): T {
    const { agent, clock } = this.parts;
    const result = input(agent, clock.now());
    this.performAll();
    this.arm();
    return result;
  }

  /** Resolves once what was to be published until now was handed over. */
  published(): Promise<void> {
    return this.leaving;
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
  }

  private performAll(): void {
    const { agent, clock, apply, tell, changed } = this.parts;
    const now = clock.now();
    for (let output = agent.poll(now); output !== undefined; output = agent.poll(now)) {
      switch (output.type) {
        case "apply":
          apply(output.changes, output.urgent);
          break;
        case "publish":
          this.collect(output.servers, output.bindings);
          break;
        case "event":
          tell(output.event);
      }
    }
    changed();
  }

  /** What others rely on must not be forgotten by a crash: it is on the disk before it is told. */
  private collect(servers: readonly BindingServer[], bindings: readonly Binding[]): void {
    const isWaiting = this.servers.size > 0 || this.bindings.length > 0;
    // One server's newest record; others' are passed on beside it (§5.1), and must not displace it.
    for (const each of servers) this.servers.set(each.identifier, each);
    this.bindings.push(...bindings);
    if (isWaiting) return;
    this.leaving = this.leaving.then(() => this.leave());
  }

  private async leave(): Promise<void> {
    const { bindings } = this;
    const servers = [...this.servers.values()];
    this.servers = new Map();
    this.bindings = [];
    if (await this.parts.save()) this.parts.publish(servers, bindings);
  }

  private arm(): void {
    clearTimeout(this.timer);
    if (this.isClosed) return;
    const { agent, clock } = this.parts;
    const wait = Math.max(0, (agent.deadline() ?? Infinity) - clock.now());
    this.timer = setTimeout(
      () => this.do((agent, now) => agent.onDeadline(now)),
      Math.min(Math.ceil(wait), LONGEST_WAIT_MS),
    );
  }
}

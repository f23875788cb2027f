/**
 * The DHCP server as a pool element: offered while dnsmasq serves or is about to, as `register`
 * does it with a service whose check passes.
 */

import type { Log } from "../../log.ts";
import type { SupervisorInput, SupervisorOutput } from "../../supervisor/contract.ts";
import { Supervisor } from "../../supervisor/machine.ts";
import type { ElementInput, SupervisedElement } from "../../supervisor/runner.ts";

/** What a registration is made of. */
export interface RegistrationParts {
  readonly log: Log;
  element(tell: (input: ElementInput) => void): SupervisedElement;
  /** A registrar has it, perhaps again. */
  granted(): void;
  /** No registrar takes it: the exit code says why. */
  ended(code: number): void;
}

/** The registration of one DHCP server. */
export class DhcpRegistration {
  private readonly parts: RegistrationParts;
  private readonly machine: Supervisor;
  private readonly element: SupervisedElement;
  private readonly inputs: SupervisorInput[] = [];
  private readonly over = Promise.withResolvers<void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isDraining = false;
  private isStopping = false;

  constructor(parts: RegistrationParts) {
    this.parts = parts;
    this.machine = new Supervisor({
      hasChild: false,
      // Nobody is sent to a DHCP server by a registrar, so there is nothing to wait for.
      drainMs: 0,
      stopTimeoutMs: 0,
      random: Math.random,
    });
    this.element = parts.element((input) => this.take(input));
    this.take({ type: "start" });
  }

  /** dnsmasq serves, or is about to. */
  offer(): void {
    this.take({ type: "healthy" });
  }

  /** dnsmasq does not serve. */
  withdraw(reason: string): void {
    this.take({ type: "unhealthy", reason });
  }

  /** De-registers it, for good; a registrar that does not answer holds that up for a moment. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.take({ type: "fail", code: 0 });
    await this.over.promise;
    clearTimeout(this.timer);
    await this.element.close();
  }

  /** Hands an input to the machine, after those that led to it. */
  private take(input: SupervisorInput): void {
    this.inputs.push(input);
    if (this.isDraining) return;
    this.isDraining = true;
    for (let next = this.inputs.shift(); next !== undefined; next = this.inputs.shift()) {
      this.machine.handle(next, performance.now());
      for (let out = this.machine.poll(); out !== undefined; out = this.machine.poll()) {
        this.perform(out);
      }
      if (next.type === "granted") this.parts.granted();
    }
    this.isDraining = false;
    this.arm();
  }

  private perform(output: SupervisorOutput): void {
    switch (output.type) {
      case "register":
        return this.element.register();
      case "deregister":
        return this.element.deregister();
      case "abandon-registration":
        return this.element.abandon();
      case "log":
        // That dnsmasq has ended is told already, and in better words.
        if (output.event === "unhealthy") return;
        return this.parts.log.event(output.level, output.event, output.fields, output.message);
      case "exit":
        this.over.resolve();
        if (!this.isStopping) this.parts.ended(output.code);
    }
  }

  private arm(): void {
    clearTimeout(this.timer);
    const deadline = this.machine.deadline();
    if (deadline === undefined) return;
    const wait = Math.max(0, Math.ceil(deadline - performance.now()));
    this.timer = setTimeout(() => this.take({ type: "deadline" }), wait);
  }
}

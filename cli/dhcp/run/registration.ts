/**
 * The DHCP server as a pool element: offered while dnsmasq serves or is about to, as `register`
 * does it with a service whose check passes.
 */

import type { Log } from "../../log.ts";
import type { SupervisorOutput } from "../../supervisor/contract.ts";
import { SupervisorLoop } from "../../supervisor/loop.ts";
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
  private readonly loop: SupervisorLoop;
  private readonly element: SupervisedElement;
  private readonly over = Promise.withResolvers<void>();
  private isStopping = false;

  constructor(parts: RegistrationParts) {
    this.parts = parts;
    const machine = new Supervisor({
      hasChild: false,
      // Nobody is sent to a DHCP server by a registrar, so there is nothing to wait for.
      drainMs: 0,
      stopTimeoutMs: 0,
      random: Math.random,
    });
    this.loop = new SupervisorLoop(machine, {
      perform: (output) => this.perform(output),
      taken: ({ type }) => {
        if (type === "granted") parts.granted();
      },
    });
    this.element = parts.element((input) => this.loop.take(input));
    this.loop.take({ type: "start" });
  }

  /** dnsmasq serves, or is about to. */
  offer(): void {
    this.loop.take({ type: "healthy" });
  }

  /** dnsmasq does not serve. */
  withdraw(reason: string): void {
    this.loop.take({ type: "unhealthy", reason });
  }

  /** De-registers it, for good; a registrar that does not answer holds that up for a moment. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.loop.take({ type: "fail", code: 0 });
    await this.over.promise;
    this.loop.stop();
    await this.element.close();
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
}

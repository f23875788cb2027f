/** A server hunt alone, as a machine that does what it is told. */

import {
  type Attempt,
  type Input,
  type Instant,
  type Machine,
  type Output,
  POOL_ELEMENT_TIMING,
  type SocketAddress,
} from "../../../lib/core/mod.ts";
import { Outputs } from "../../../lib/core/outputs.ts";
import { type HuntOptions, ServerHunt } from "../../../lib/core/server_hunt.ts";
import { seededRandom } from "../../../lib/handlespace/mod.ts";
import { registrar, Stage } from "./stage.ts";

/** Anything that is to be done with the hunt. */
export type HuntCommand = (hunt: ServerHunt, now: Instant) => void;

/** What the hunt told. */
export interface HuntEvent {
  readonly type: "failed";
  readonly attempts: readonly Attempt[];
  readonly ended: boolean;
}

class HuntMachine implements Machine<HuntCommand, HuntEvent> {
  readonly hunt: ServerHunt;
  private readonly outputs = new Outputs<HuntEvent>();

  constructor(options: HuntOptions) {
    this.hunt = new ServerHunt(options, {
      connect: (protocol, to, timeoutMs) => this.outputs.connect(protocol, to, timeoutMs),
      close: (association) => this.outputs.close(association),
      failed: (attempts, ended) => this.outputs.event({ type: "failed", attempts, ended }),
    });
  }

  handle(input: Input<HuntCommand>, now: Instant): void {
    if (input.type === "command") input.command(this.hunt, now);
    else if (input.type === "deadline") this.hunt.onDeadline(now);
    else if (input.type === "connected") this.hunt.onConnected(input.association);
    else if (input.type === "disconnected") {
      this.hunt.onDisconnected(input.association, input.reason, input.detail, now);
    }
  }

  poll(): Output<HuntEvent> | undefined {
    return this.outputs.poll();
  }

  deadline(): Instant | undefined {
    return this.hunt.deadline();
  }
}

/** A hunt over so many registrars. */
export class HuntStage extends Stage<HuntCommand, HuntEvent> {
  readonly hunt: ServerHunt;

  constructor(registrars: number | readonly SocketAddress[], changes: Partial<HuntOptions> = {}) {
    const all = typeof registrars === "number"
      ? Array.from({ length: registrars }, (_, i) => registrar(i + 1))
      : registrars;
    const machine = new HuntMachine({
      protocol: "ASAP",
      registrars: all,
      timing: POOL_ELEMENT_TIMING,
      random: seededRandom(1),
      order: "given",
      ...changes,
    });
    super(machine);
    this.hunt = machine.hunt;
  }

  start(avoid?: SocketAddress): void {
    this.command((hunt, now) => hunt.start(now, avoid));
  }

  /** The hosts that were dialled since the last look. */
  takeHosts(): string[] {
    return this.takeDials().map((dial) => dial.to.host);
  }

  /** Refuses all that was dialled since the last look, and what is dialled for that, and so on. */
  refuseAll(): string[] {
    const hosts: string[] = [];
    for (;;) {
      const dials = this.takeDials();
      if (dials.length === 0) return hosts;
      for (const dial of dials) {
        hosts.push(dial.to.host);
        this.disconnect(dial.association, "refused");
      }
    }
  }
}

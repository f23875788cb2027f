/** The observer: asks registrars on their ENRP side without being one (sender 0). */

import type { Input, Instant, Machine, Output } from "../machine.ts";
import { Outputs } from "../outputs.ts";
import type { ObserverCommand, ObserverEvent, ObserverOptions } from "./contract.ts";

/** Asks for lists of registrars and for handle tables; each request has associations of its own. */
export class ObserverMachine implements Machine<ObserverCommand, ObserverEvent> {
  private readonly outputs = new Outputs<ObserverEvent>();

  constructor(readonly options: ObserverOptions) {}

  handle(_input: Input<ObserverCommand>, _now: Instant): void {}

  poll(): Output<ObserverEvent> | undefined {
    return this.outputs.poll();
  }

  deadline(): Instant | undefined {
    return undefined;
  }
}

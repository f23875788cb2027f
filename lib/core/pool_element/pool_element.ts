/** The pool element's side of ASAP as a machine. RFC 5352 §3.1, §3.2, §3.4 and §3.6. */

import type { Input, Instant, Machine, Output } from "../machine.ts";
import { Outputs } from "../outputs.ts";
import type {
  PoolElementCommand,
  PoolElementEvent,
  PoolElementOptions,
  PoolElementState,
} from "./contract.ts";

/** One registration of one pool element. */
export class PoolElementMachine implements Machine<PoolElementCommand, PoolElementEvent> {
  private readonly outputs = new Outputs<PoolElementEvent>();

  constructor(readonly options: PoolElementOptions) {}

  /** Where the element is with its registration. */
  get state(): PoolElementState {
    return "idle";
  }

  /** Server identifier of the home, where it is known. */
  get home(): number | undefined {
    return undefined;
  }

  handle(_input: Input<PoolElementCommand>, _now: Instant): void {}

  poll(): Output<PoolElementEvent> | undefined {
    return this.outputs.poll();
  }

  deadline(): Instant | undefined {
    return undefined;
  }
}

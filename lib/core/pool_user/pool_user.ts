/** The pool user's side of ASAP as a machine. RFC 5352 §3.3, §3.5, §3.6 and §3.7. */

import type { Input, Instant, Machine, Output } from "../machine.ts";
import { Outputs } from "../outputs.ts";
import type { PoolUserCommand, PoolUserEvent, PoolUserOptions } from "./contract.ts";

/** A pool user: resolves pool handles, and reports elements that it could not reach. */
export class PoolUserMachine implements Machine<PoolUserCommand, PoolUserEvent> {
  private readonly outputs = new Outputs<PoolUserEvent>();

  constructor(readonly options: PoolUserOptions) {}

  handle(_input: Input<PoolUserCommand>, _now: Instant): void {}

  poll(): Output<PoolUserEvent> | undefined {
    return this.outputs.poll();
  }

  deadline(): Instant | undefined {
    return undefined;
  }
}

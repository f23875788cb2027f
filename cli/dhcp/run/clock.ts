/**
 * The two clocks: leases of dnsmasq end at a time of the day, and an agent counts time that passes.
 * docs/dhcp.md §8.4: a step of the time of the day is none of time.
 */

/** What tells the time. */
export interface Clock {
  /** Milliseconds of a clock that only goes forward, and while the machine sleeps, too. */
  now(): number;
  /** Milliseconds since 1970, as somebody may set them. */
  wall(): number;
}

/** By how much two clocks must come apart before somebody has set one, in milliseconds. */
export const STEP_MS = 3_000;

/** The clocks of the system. */
export function systemClock(): Clock {
  return { now: uptime, wall: () => Date.now() };
}

/** Which start of the machine this is; without an answer, nothing outlives this process. */
export function bootIdentifier(): string {
  try {
    return Deno.readTextFileSync("/proc/sys/kernel/random/boot_id").trim();
  } catch {
    return `process ${Deno.pid}`;
  }
}

/** Unlike `performance.now`, it goes on while the machine sleeps, as leases do. */
function uptime(): number {
  try {
    const [seconds = ""] = Deno.readTextFileSync("/proc/uptime").split(" ");
    return Number(seconds) * 1000;
  } catch {
    return performance.now();
  }
}

/** Notices that somebody has set the time of the day. */
export class StepWatch {
  private offset: number;

  constructor(private readonly clock: Clock) {
    this.offset = clock.wall() - clock.now();
  }

  /** By how much it was set forward (or back, below zero), unless that is what clocks drift by. */
  look(): number {
    const step = this.step();
    // A clock that is slewed comes apart slowly, and dnsmasq goes with it.
    if (step === 0) this.offset = this.clock.wall() - this.clock.now();
    return step;
  }

  /** dnsmasq is given all its leases anew, by the time of the day that holds now. */
  accept(): void {
    this.offset = this.clock.wall() - this.clock.now();
  }

  private step(): number {
    const step = this.clock.wall() - this.clock.now() - this.offset;
    return Math.abs(step) < STEP_MS ? 0 : step;
  }
}

/** Whether a service counts as healthy, from the outcomes of its checks: pure counting. */

/** How many outcomes of a kind in a row change the mind. */
export interface RiseFallSettings {
  /** Passed checks in a row after which it is healthy. */
  readonly rise: number;
  /** Failed checks in a row after which it is not. */
  readonly fall: number;
}

/** Counts outcomes; unhealthy at first. */
export class RiseFall {
  private readonly settings: RiseFallSettings;
  private isHealthy = false;
  /** Outcomes in a row that speak against the present state. */
  private against = 0;

  constructor(settings: RiseFallSettings) {
    this.settings = settings;
  }

  /** Whether the service counts as healthy. */
  get healthy(): boolean {
    return this.isHealthy;
  }

  /** Counts an outcome; returns whether the state has changed with it. */
  count(passed: boolean): boolean {
    if (passed === this.isHealthy) {
      this.against = 0;
      return false;
    }
    this.against++;
    const needed = passed ? this.settings.rise : this.settings.fall;
    if (this.against < needed) return false;
    this.isHealthy = passed;
    this.against = 0;
    return true;
  }
}

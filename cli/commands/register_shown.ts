/** `register --http`: what a pool element shows of itself. */

import type { Api, PoolElement, PoolElementSettings } from "../api.ts";
import type { Check } from "../checks/check_option.ts";
import type { Outcome } from "../checks/probe.ts";
import type { Readiness } from "../http/shown.ts";
import type { MetricSource } from "../metrics/command_metrics.ts";
import { registerMetrics } from "../metrics/register_metrics.ts";
import type { RegisteredElement } from "./register_element.ts";

type PoolElementState = PoolElement["state"];

const WHY: Readonly<Record<Exclude<PoolElementState, "registered">, string>> = {
  idle: "it waits for its checks, or for its next attempt",
  hunting: "no registrar answers yet",
  registering: "a registrar is asked",
  deregistering: "it is being de-registered",
  stopped: "it has ended",
};

/** What is known of a registration, as it goes on. */
export class RegistrationShown {
  private readonly api: Api;
  private readonly settings: PoolElementSettings;
  private readonly check: Check;
  private element: RegisteredElement | undefined;
  private childPid: number | undefined;
  private looked: Outcome | undefined;
  private readonly checks = { passed: 0, failed: 0 };

  constructor(api: Api, settings: PoolElementSettings, check: Check) {
    this.api = api;
    this.settings = settings;
    this.check = check;
  }

  /** There is an element. */
  made(element: RegisteredElement): void {
    this.element = element;
  }

  /** COMMAND runs. */
  childStarted(pid: number): void {
    this.childPid = pid;
  }

  /** A check has come out. */
  hasLooked(outcome: Outcome): void {
    this.looked = outcome;
    this.checks[outcome.passed ? "passed" : "failed"]++;
  }

  /** What it measures. */
  metrics(): MetricSource {
    return registerMetrics({
      state: () => this.state,
      traffic: () => this.element?.traffic(),
      checks: () => this.checks,
      isHealthy: () => this.check.type === "none" ? undefined : this.looked?.passed,
    });
  }

  /** Registered, which it is only while its checks pass. */
  readiness(): Readiness {
    const { looked, state } = this;
    if (state === "registered") return { isReady: true, reason: "registered" };
    const why = looked?.passed === false ? `the check fails: ${looked.reason}` : WHY[state];
    return { isReady: false, reason: `not registered: ${why}` };
  }

  /** For `/api/v1/register`. */
  itself(): Record<string, unknown> {
    const { formatIdentifier } = this.api;
    const { element, settings, check, looked, childPid } = this;
    const home = element?.home;
    return {
      poolHandle: settings.poolHandle,
      identifier: element === undefined ? null : formatIdentifier(element.identifier),
      home: home === undefined ? null : formatIdentifier(home),
      state: this.state,
      registrar: element?.registrar ?? null,
      port: settings.port,
      policy: this.policy(),
      check: {
        type: check.type,
        passed: looked?.passed ?? null,
        reason: looked?.passed === false ? looked.reason : null,
      },
      childPid: childPid ?? null,
    };
  }

  private get state(): PoolElementState {
    return this.element?.state ?? "idle";
  }

  private policy() {
    const policy = this.element?.policy ?? this.settings.policy;
    return policy === undefined ? null : this.api.viewPolicy(policy);
  }
}

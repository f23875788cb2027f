/** What `doctor` has found, one line each, and how it is printed. */

import type { Output } from "../output.ts";

/** `unchecked`: nothing tells without disturbing somebody, or without knowing more. */
export type Outcome = "ok" | "warning" | "wrong" | "unchecked";

/** What a finding is about. */
export type Check =
  | "certificates"
  | "psk"
  | "asap"
  | "resolve"
  | "register"
  | "enrp"
  | "peers"
  | "table"
  | "registrar"
  | "plaintext"
  | "permissions"
  | "listeners";

/** One thing that was looked at. */
export interface Finding {
  /** The address that was asked; absent: files were looked at. */
  readonly registrar?: string | undefined;
  readonly check: Check;
  readonly outcome: Outcome;
  readonly detail: string;
}

/** Findings about one thing, in their order. */
export class Findings {
  readonly all: Finding[] = [];
  readonly #registrar: string | undefined;

  constructor(registrar?: string) {
    this.#registrar = registrar;
  }

  /** Adds one. */
  add(check: Check, outcome: Outcome, detail: string): void {
    this.all.push({ registrar: this.#registrar, check, outcome, detail });
  }
}

/** Prints findings, a line each. */
export async function printFindings(stdout: Output, findings: readonly Finding[]): Promise<void> {
  const views = findings.map(({ registrar = null, check, outcome, detail }) => ({
    registrar,
    check,
    outcome,
    detail,
  }));
  const rows = findings.map(({ registrar = "", check, outcome, detail }) => [
    outcome,
    registrar,
    check,
    detail,
  ]);
  await stdout.printResult({
    json: () => ({ checks: views }),
    lines: () => views,
    table: () => ({
      header: ["OUTCOME", "REGISTRAR", "CHECK", "DETAIL"],
      rows: rows.map(([outcome, registrar, ...rest]) => [outcome!, registrar || "-", ...rest]),
    }),
    csv: () => ({ header: ["outcome", "registrar", "check", "detail"], rows }),
  });
}

/** A time for people, to the second. */
export function timeText(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d+Z$/, "Z");
}

/** Doubts about dates are doubts about clocks: says what this host's clock says. */
export function withClock(words: string, now: number): string {
  if (!/expired on|not valid before/.test(words)) return words;
  return `${words}; the clock of this host says ${timeText(now)}`;
}

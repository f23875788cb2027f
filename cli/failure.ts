/** From anything that was thrown to an exit code and one line for people. */

import type { Address } from "./address.ts";
import { formatAddress } from "./address.ts";
import { EXIT, ExitError } from "./exit.ts";

/** An exit code and the message that goes with it. */
export interface Explanation {
  readonly code: number;
  readonly message: string;
}

/** One registrar that did not answer rightly, as the library reports it. */
export interface Attempt {
  readonly address: Address;
  readonly reason: string;
  readonly detail?: string | undefined;
}

interface Cause {
  readonly code: number;
  readonly information: Uint8Array;
}

const SECURITY_CAUSE = 0xa;

/** Explains a failure. What nobody foresaw is a bug. */
export function explain(error: unknown): Explanation {
  if (error instanceof ExitError) return { code: error.code, message: error.message };
  if (error instanceof Error && isOfTheWorld(error)) {
    return { code: EXIT.world, message: reasonOf(error) };
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: EXIT.bug, message: `this is a bug in rserpool: ${text} (-vv shows where)` };
}

/** Why the operating system refused, without Deno's own words around it. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/ \(os error \d+\)/, "").replace(/^[A-Z]/, (letter) => letter.toLowerCase());
}

function isOfTheWorld(error: Error): boolean {
  return Object.values(Deno.errors).some((kind) => error instanceof kind);
}

/** Explains an error of the library, known by its name; `undefined` if it is none that is known. */
export function explainLibraryError(
  error: unknown,
  causeName: (code: number) => string,
): ExitError | undefined {
  if (!(error instanceof Error)) return undefined;
  switch (error.name) {
    case "UnknownPoolHandle":
      return new ExitError(EXIT.unknownPool, error.message);
    case "RegistrarUnreachable":
      return noRegistrar((error as unknown as { attempts: readonly Attempt[] }).attempts);
    case "RegistrationRejected":
    case "ResolutionRejected":
      return rejected((error as unknown as { causes: readonly Cause[] }).causes, causeName);
    case "ListenFailed": {
      const { address, reason } = error as unknown as { address: Address; reason: string };
      return new ExitError(EXIT.world, `cannot listen on ${formatAddress(address)}: ${reason}`);
    }
  }
}

const REASONS: Readonly<Record<string, string>> = {
  refused: "connection refused",
  "unknown-host": "unknown host",
  unreachable: "host unreachable",
  silent: "accepted the connection and is silent",
  "timed-out": "no answer to the connection attempt (timed out)",
  garbage: "answered garbage",
  "partial-timeout": "answered part of a message and is silent",
  closed: "closed the connection without an answer",
  reset: "closed the connection without an answer",
};

/** Which registrar did what instead of answering. */
export function noRegistrar(attempts: readonly Attempt[]): ExitError {
  const each = attempts.map(({ address, reason, detail }) => {
    const words = REASONS[reason] ?? reason;
    return `${formatAddress(address)}: ${detail ? `${words} (${detail})` : words}`;
  });
  return new ExitError(EXIT.noRegistrar, `no registrar answered: ${[...new Set(each)].join("; ")}`);
}

/** The error causes by their RFC names, with their information where it is text. */
export function rejected(
  causes: readonly Cause[],
  causeName: (code: number) => string,
): ExitError {
  const insecure = causes.some(({ code }) => code === SECURITY_CAUSE);
  const names = causes.map(({ code }) => causeName(code));
  const why = names.length === 0 ? "no error cause given" : names.join(", ");
  const code = insecure ? EXIT.security : EXIT.rejected;
  return new ExitError(code, `the registrar rejected the request: ${why}`);
}

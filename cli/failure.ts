/** From anything that was thrown to an exit code and one line for people. */

import { EXIT, ExitError } from "./exit.ts";

/** An exit code and the message that goes with it. */
export interface Explanation {
  readonly code: number;
  readonly message: string;
}

/**
 * Error cause 0xa, Rejected due to security considerations (RFC 5354 §3.12). A number here, and
 * errors by their names below, so that a failure is explained without loading the library.
 */
const SECURITY_CAUSE = 0xa;

/** Explains a failure. What nobody foresaw is a bug. */
export function explain(error: unknown): Explanation {
  const known = error instanceof ExitError ? error : explainLibraryError(error);
  if (known !== undefined) return { code: known.code, message: known.message };
  if (isOfTheWorld(error)) return { code: EXIT.world, message: reasonOf(error) };
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: EXIT.bug, message: `this is a bug in rserpool: ${text} (-vv shows where)` };
}

/** Why something failed, without Deno's own words around it; it can follow a colon. */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.ConnectionRefused) return "connection refused";
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/ \(os error \d+\)/, "").replace(/: [a-z]+ '[^']*'$/, "").replace(
    /^[A-Z](?=[a-z])/,
    (a) => a.toLowerCase(),
  );
}

/** An error of the operating system: Deno gives most of them a class of their own, all a number. */
function isOfTheWorld(error: unknown): boolean {
  if (error instanceof Error && / \(os error \d+\)/.test(error.message)) return true;
  return Object.values(Deno.errors).some((kind) => error instanceof kind);
}

/**
 * An error of the library, known by its name, with its exit code; `undefined` if it is none that a
 * user can meet.
 */
export function explainLibraryError(error: unknown): ExitError | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = codeOf(error);
  return code === undefined ? undefined : new ExitError(code, reasonOf(error), { cause: error });
}

interface LibraryError extends Error {
  readonly causes?: readonly { code: number }[];
  readonly isUnauthenticated?: boolean;
}

function codeOf(error: LibraryError) {
  switch (error.name) {
    case "UnknownPoolHandle":
      return EXIT.unknownPool;
    case "RegistrarUnreachable":
      return error.isUnauthenticated === true ? EXIT.security : EXIT.noRegistrar;
    case "CredentialsInvalid":
      return EXIT.usage;
    case "RegistrationRejected":
    case "DeregistrationRejected":
    case "ResolutionRejected":
    case "RequestRejected":
      return isInsecure(error.causes) ? EXIT.security : EXIT.rejected;
    case "ListenFailed":
      return EXIT.world;
  }
}

function isInsecure(causes: readonly { code: number }[] = []): boolean {
  return causes.some(({ code }) => code === SECURITY_CAUSE);
}

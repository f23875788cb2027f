/**
 * Stands for commander's Help, and for the words below it, in the quick program: who asks for help,
 * or has made a mistake in the command line, is answered by the whole program.
 */

/** Help is wanted, of which the quick program has none. */
export class HelpWanted extends Error {
  override readonly name = "HelpWanted";
}

/** What commander makes when it is to help. */
export class Help {
  /** @throws {HelpWanted} always. */
  constructor() {
    throw new HelpWanted();
  }
}

/** @throws {HelpWanted} always. */
export function helpTail(): string {
  throw new HelpWanted();
}

/**
 * Stands for commander's Help, for the words below it and for corrections in the quick program: who
 * asks for help, or has made a mistake in the command line, is answered by the whole program.
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
function wantHelp(): never {
  throw new HelpWanted();
}

export {
  wantHelp as commandNames,
  wantHelp as correctCommand,
  wantHelp as correctOption,
  wantHelp as helpTail,
};

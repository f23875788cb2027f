/** The commands there are. A command's file is read only when it is asked for: start-up is short. */

import type { Command } from "./command.ts";

/** A command before its file is loaded. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

/** All commands, in the order in which help lists them. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "registrar",
    summary: "run a registrar (an ENRP server) in the foreground",
    load: async () => (await import("./commands/registrar.ts")).command,
  },
  {
    name: "resolve",
    summary: "resolve a pool handle to pool elements",
    load: async () => (await import("./commands/resolve.ts")).command,
  },
  {
    name: "peers",
    summary: "list the registrars of the operational scope, as one registrar knows them",
    load: async () => (await import("./commands/peers.ts")).command,
  },
  {
    name: "dump",
    summary: "print the handle table, as one registrar holds it",
    load: async () => (await import("./commands/dump.ts")).command,
  },
  {
    name: "decode",
    summary: "explain protocol bytes",
    load: async () => (await import("./commands/decode.ts")).command,
  },
  {
    name: "status",
    summary: "ask a registrar who it is and whether it serves",
    load: async () => (await import("./commands/status.ts")).command,
  },
];

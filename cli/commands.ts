/**
 * The commands there are. The files of long-running commands are read only when they are asked for,
 * and the library by no command before it needs it: start-up is short.
 */

import type { Command } from "./command.ts";
import { command as decode } from "./commands/decode.ts";
import { command as dump } from "./commands/dump.ts";
import { command as peers } from "./commands/peers.ts";
import { command as resolve } from "./commands/resolve.ts";
import { command as status } from "./commands/status.ts";

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
    name: "register",
    summary: "register a service as a pool element and keep it registered while it lives",
    load: async () => (await import("./commands/register.ts")).command,
  },
  {
    name: "resolve",
    summary: "resolve a pool handle to pool elements",
    load: () => Promise.resolve(resolve),
  },
  {
    name: "peers",
    summary: "list the registrars of the operational scope, as one registrar knows them",
    load: () => Promise.resolve(peers),
  },
  {
    name: "dump",
    summary: "print the handle table, as one registrar holds it",
    load: () => Promise.resolve(dump),
  },
  {
    name: "decode",
    summary: "explain protocol bytes and captures, and follow events",
    load: () => Promise.resolve(decode),
  },
  {
    name: "status",
    summary: "ask a registrar who it is and whether it serves",
    load: () => Promise.resolve(status),
  },
  {
    name: "watch",
    summary: "tell what comes to pools and goes, and run a command at every change",
    load: async () => (await import("./commands/watch.ts")).command,
  },
  {
    name: "monitor",
    summary: "show registrars, pools and pool elements as they change, on the whole screen",
    load: async () => (await import("./commands/monitor.ts")).command,
  },
  {
    name: "connect",
    summary: "connect standard input and output to a pool element",
    load: async () => (await import("./commands/connect.ts")).command,
  },
  {
    name: "report-unreachable",
    summary: "report a pool element that cannot be reached to a registrar",
    load: async () => (await import("./commands/report_unreachable.ts")).command,
  },
  {
    name: "proxy",
    summary: "let clients that know nothing of RSerPool connect to a pool at one address",
    load: async () => (await import("./commands/proxy.ts")).command,
  },
  {
    name: "dns",
    summary: "let clients that know nothing of RSerPool find pools by name",
    load: async () => (await import("./commands/dns.ts")).command,
  },
  {
    name: "dhcp",
    summary: "run DHCP servers that share their bindings, and look at what they share",
    load: async () => (await import("./commands/dhcp.ts")).command,
  },
  {
    name: "config",
    summary: "check a configuration file, and print what may stand in one",
    load: async () => (await import("./commands/config.ts")).command,
  },
  {
    name: "simulate",
    summary: "run a whole cluster in this process, under virtual time, faults and checkers",
    load: async () => (await import("./commands/simulate.ts")).command,
  },
  {
    name: "certs",
    summary: "be a certificate authority of your own: issue, show and revoke certificates",
    load: async () => (await import("./commands/certs.ts")).command,
  },
  {
    name: "psk",
    summary: "make pre-shared keys",
    load: async () => (await import("./commands/psk.ts")).command,
  },
  {
    name: "doctor",
    summary: "say what works between this host and its registrars, and what does not",
    load: async () => (await import("./commands/doctor.ts")).command,
  },
  {
    name: "completions",
    summary: "print the script with which a shell completes command lines",
    load: async () => (await import("./commands/completions.ts")).command,
  },
];

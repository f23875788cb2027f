/** What exit codes say, for manual pages. */

import { EXIT } from "../../cli/exit.ts";

/** Each code of the program, and what it means. */
const MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: "Done; a command that runs on was stopped by SIGTERM or SIGINT in order.",
  world: "Something failed that is not the program's: a port in use, a full disk, a permission.",
  usage: "The command line or the configuration is wrong. Nothing was sent.",
  unknownPool: "The pool handle is unknown, or no pool element is left.",
  noRegistrar: "No registrar answered rightly in time.",
  rejected: "The registrar rejected the request; the message names the error cause.",
  security: "TLS, a pre-shared key or an authorization is missing or wrong.",
  wrong: "A check ran and found something wrong.",
  invalidMessage: "The bytes are not a valid message.",
  bug: "A bug in rserpool.",
  notExecutable: "The COMMAND of register or dhcp run cannot be executed.",
  notFound: "The COMMAND of register or dhcp run is not found.",
  brokenPipe: "Whoever read standard output has gone.",
};

/** Codes and their meanings, in the order of the numbers. */
export const EXIT_STATUS: readonly (readonly [codes: string, meaning: string])[] = Object
  .entries(EXIT)
  .sort(([, a], [, b]) => a - b)
  .map(([key, code]) => [String(code), MEANINGS[key as keyof typeof EXIT]]);

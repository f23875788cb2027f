/** Why a socket of `node:dgram` has failed, in words. */

import { reasonOf } from "../failure.ts";

const WORDS: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is in use",
  EADDRNOTAVAIL: "this host has no such address",
  EACCES: "that is not permitted",
  EPERM: "that is not permitted",
  ENOTFOUND: "the host is unknown",
  EAI_AGAIN: "the host is unknown for now",
  ENETUNREACH: "the network cannot be reached",
  EHOSTUNREACH: "the host cannot be reached",
};

/** Why, without the names of system calls. */
export function socketFailure(error: unknown): string {
  const { code = "" } = error as { code?: string };
  return WORDS[code] ?? reasonOf(error);
}

/**
 * Whose name a request was sent to. A page of somebody else's, in a browser on this host, can have
 * its own name lead here (DNS rebinding) and then read what it likes: the name gives it away.
 */

import { parseIp } from "../address.ts";

/**
 * Whether a request that came over the loopback was meant for it: its Host is an IP address,
 * `localhost`, or the name under which the listener was given.
 */
export function isMeantForLoopback(host: string | undefined, listenerHost: string): boolean {
  if (host === undefined) return false;
  const name = /^(\[[^\]]*\]|[^:]*)(?::[0-9]*)?$/.exec(host)?.[1]?.toLowerCase();
  if (name === undefined || name === "") return false;
  if (name === "localhost" || name === listenerHost.toLowerCase()) return true;
  return isIp(name.startsWith("[") ? name.slice(1, -1) : name);
}

/** Whether a connection came over the loopback: it may be that of somebody's browser here. */
export function isFromThisHost(remoteAddress: string | undefined): boolean {
  return /^(::ffff:)?127\.|^::1$/i.test(remoteAddress ?? "");
}

function isIp(text: string): boolean {
  try {
    parseIp(text);
    return true;
  } catch {
    return false;
  }
}

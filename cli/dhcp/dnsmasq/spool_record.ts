/** The records that the hook writes, as they come back from the disk. */

import { RECORD } from "./hook.ts";
import { cleanClientId, cleanHost, cleanMac, isAddress, type LeaseEvent, NONE } from "./lease.ts";
import { MAX_SPOOL_LINE } from "./limits.ts";

const FIELDS = 9;
/** dnsmasq's clock stays far below it. */
const MAX_NUMBER_DIGITS = 12;

/** A record, or why a line is none. */
export type ReadRecord = { readonly event: LeaseEvent } | { readonly problem: string };

/** Reads a line of the spool. Whatever is not exactly what the hook writes, is refused. */
export function readRecord(line: string): ReadRecord {
  if (line.length > MAX_SPOOL_LINE) return { problem: "it is too long" };
  const fields = line.split(" ");
  const [begin, action, mac = "", address = "", expires = "", remaining = "", id, host, end] =
    fields;
  if (begin !== RECORD.begin) return { problem: "it is not one of ours" };
  if (fields.length !== FIELDS || end !== RECORD.end) return { problem: "it is torn" };
  if (action !== "add" && action !== "old" && action !== "del") {
    return { problem: "its action is unknown" };
  }
  const cleanedMac = cleanMac(mac);
  if (cleanedMac === undefined) return { problem: "its hardware address is none" };
  if (!isAddress(address)) return { problem: "its address is none" };
  const seconds = numberOf(expires);
  if (seconds === undefined) return { problem: "its end is none" };
  return {
    event: {
      action,
      lease: {
        address,
        mac: cleanedMac,
        clientId: id === NONE ? undefined : cleanClientId(id),
        host: host === NONE ? undefined : cleanHost(host),
        expires: seconds,
      },
      remaining: numberOf(remaining),
    },
  };
}

function numberOf(text: string): number | undefined {
  return /^[0-9]+$/.test(text) && text.length <= MAX_NUMBER_DIGITS ? Number(text) : undefined;
}

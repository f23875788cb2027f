/**
 * The program that dnsmasq runs for each change of a lease: a small shell script, as a start of
 * Deno for each event would take a hundred times as long.
 *
 * It writes one record to the spool, in one write, and makes it durable before it ends. dnsmasq
 * runs one at a time and after its answer to the client, so a slow disk delays no client.
 */

import { EXIT, ExitError } from "../../exit.ts";
import { cleanMac } from "./lease.ts";
import { replaceFile } from "./replaced_file.ts";
import { MAX_CLIENT_ID_BYTES, MAX_HOST_LENGTH } from "./limits.ts";

/** Files in the state directory. */
export const HOOK_FILES = {
  /** The program that dnsmasq runs. */
  hook: "hook",
  /** What it prints at dnsmasq's start. */
  table: "table",
  /**
   * Where it writes what happened; in a directory of its own, as a watcher of a directory that is
   * closed ends all others of it (Deno 2.9).
   */
  spool: "spool",
  events: "events",
  /** dnsmasq's process identifier. */
  pid: "dnsmasq.pid",
} as const;

/** Name of the environment variable that tells the hook who its agent is. */
export const AGENT_VARIABLE = "RSERPOOL_DHCP_AGENT";
/** What begins and ends a record in the spool. */
export const RECORD = { begin: "e1", end: "." } as const;

/** How often a record that cannot be written is tried again, once a second. */
const WRITE_TRIES = 60;
const EXECUTABLE = 0o700;

/**
 * Writes the hook into the state directory and answers its path.
 *
 * @throws {ExitError} exit 2 if the path is one that dnsmasq's shell would not take as it is.
 */
export async function writeHook(directory: string, placeholder = ""): Promise<string> {
  if (!/^\/[A-Za-z0-9_./+,@-]+$/.test(directory)) {
    throw new ExitError(
      EXIT.usage,
      `the state directory "${directory}" must be an absolute path of letters, digits and ` +
        "_ . / + , @ -: dnsmasq hands it to a shell",
    );
  }
  const path = `${directory}/${HOOK_FILES.hook}`;
  await replaceFile(path, hookScript(directory, placeholder), EXECUTABLE);
  return path;
}

/** The text of the hook; a placeholder is told by its hardware address. */
export function hookScript(directory: string, placeholder: string): string {
  const names = [
    `dir='${directory}'`,
    `spool=$dir/${HOOK_FILES.spool}`,
    `placeholder='${cleanMac(placeholder) ?? "none"}'`,
  ];
  return `${HEAD}${names.join("\n")}\n${BODY}`;
}

const HEAD = `#!/bin/sh
# Written by rserpool dhcp run; it is written anew at each start.
LC_ALL=C
export LC_ALL
umask 077
`;

/*
 * Where the agent has ended (dnsmasq has another parent than the one that started it), nobody holds
 * an address whose lease has ended, and nobody knows whether the share is still its own: at the
 * next event dnsmasq is stopped. docs/dhcp.md §8.2.
 */
const BODY = `
stop() {
  # Our parent is dnsmasq's helper, its parent is dnsmasq while it runs.
  read -r _ _ _ main _ 2>/dev/null <"/proc/$PPID/stat" || return 0
  read -r pid 2>/dev/null <"$dir/${HOOK_FILES.pid}" || return 0
  [ "$main" = "$pid" ] || return 0
  if [ "$1" = orphan ]; then
    read -r _ _ _ agent _ 2>/dev/null <"/proc/$main/stat" || return 0
    [ "$agent" != "$${AGENT_VARIABLE}" ] || return 0
  fi
  kill -TERM "$main"
}

case $1 in
  init) exec cat "$dir/${HOOK_FILES.table}" ;;
  add | old | del) ;;
  *) exit 0 ;;
esac
# DHCPv6, and the first half of a change of a host name, which is told twice.
[ -z "$DNSMASQ_IAID$DNSMASQ_OLD_HOSTNAME" ] || exit 0

mac=$2 ip=$3 host=$4 id=$DNSMASQ_CLIENT_ID
expires=$DNSMASQ_LEASE_EXPIRES remaining=$DNSMASQ_TIME_REMAINING
# At its start dnsmasq tells its whole table, which is no news: placeholders need not be looked up.
[ "$1 $mac $expires $id" != "old $placeholder 0 " ] || exit 0
case $ip in '' | *[!0-9.]*) exit 0 ;; esac
case $mac in '' | *[!0-9A-Fa-f:-]*) mac='*' ;; esac
case $host in '' | *[!A-Za-z0-9._-]*) host='*' ;; esac
[ "\${#host}" -le ${MAX_HOST_LENGTH} ] || host='*'
case $id in '' | *[!0-9A-Fa-f:]* | *:) id='*' ;; esac
[ "\${#id}" -le ${MAX_CLIENT_ID_BYTES * 3 - 1} ] || id='*'
case $expires in '' | *[!0-9]*) expires='*' ;; esac
case $remaining in '' | *[!0-9]*) remaining='*' ;; esac
# What is asked for by D-Bus comes as "add", what a client asks for changes the end.
[ "$1" != old ] || [ -z "$DNSMASQ_DATA_MISSING" ] ||
  ! grep -qxF -e "$expires $mac $ip $host $id" "$dir/${HOOK_FILES.table}" 2>/dev/null || exit 0

# The line before may be torn: ours begins on a new one.
tries=0
until printf '\\n%s %s %s %s %s %s %s %s %s\\n' ${RECORD.begin} "$1" "$mac" "$ip" "$expires" \\
  "$remaining" "$id" "$host" '${RECORD.end}' 2>/dev/null >>"$spool/${HOOK_FILES.events}"; do
  tries=$((tries + 1))
  if [ "$tries" -ge ${WRITE_TRIES} ]; then
    stop now
    exit 1
  fi
  sleep 1
done
sync "$spool/${HOOK_FILES.events}" "$spool" 2>/dev/null
stop orphan
exit 0
`;

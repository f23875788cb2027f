/** What of dnsmasq, its hook and D-Bus is bounded. */

/** Longest host name that we keep: one label. RFC 1035 §2.3.4. */
export const MAX_HOST_LENGTH = 63;
/**
 * Longest client identifier that we keep, in bytes: dnsmasq cuts longer ones in the environment of
 * its hook (300 characters).
 */
export const MAX_CLIENT_ID_BYTES = 100;
/** Longest hardware address. RFC 2131 §2, chaddr. */
export const MAX_HARDWARE_BYTES = 16;

/** Longest line of the spool; the hook writes none above about 600 bytes. */
export const MAX_SPOOL_LINE = 1024;
/** How much of the spool is read at a time, in bytes. */
export const MAX_SPOOL_READ = 65_536;
/** Events that are taken from the spool at a time, and those of one read more. */
export const MAX_SPOOL_EVENTS = 1000;
/** Size from which a spool whose events are all acknowledged is begun anew, in bytes. */
export const MAX_SPOOL_KEPT = 65_536;

/** Longest message that we take from a D-Bus daemon, in bytes: what is longer is not for us. */
export const MAX_DBUS_MESSAGE = 65_536;
/** How long a D-Bus daemon may take to let us in, in milliseconds: DHCP's start waits for it. */
export const DBUS_PATIENCE_MS = 5_000;
/** Longest line of the D-Bus authentication, in bytes. */
export const MAX_DBUS_AUTH_LINE = 1024;
/** Calls that wait for a reply at a time: dbus-daemon's system bus allows 128. */
export const MAX_DBUS_CALLS = 64;

/** Longest configuration file that is read, in bytes. */
export const MAX_CONFIGURATION_FILE = 4_194_304;
/** How many configuration files are read. */
export const MAX_CONFIGURATION_FILES = 256;
/** How deep configuration files may include one another. */
export const MAX_CONFIGURATION_DEPTH = 16;

/** Shortest lease time that dnsmasq grants, in seconds. */
export const MIN_LEASE_SECONDS = 120;
/** Longest line of dnsmasq's output that is passed on, in characters. */
export const MAX_OUTPUT_LINE = 4096;

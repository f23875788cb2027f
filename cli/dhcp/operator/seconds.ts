/** Seconds on the wire. */

/** Seconds that stand for "for ever", as in DHCP (RFC 2131 §3.3). */
export const INFINITE_SECONDS = 0xffffffff;
